import SpanielImaging
import Tensor

/// The cells of an encoded picture as PerSAM compares them; they depend on the encoding alone, so that one
/// value serves every concept.
///
/// They are SAM's own, a square grid over its input, or those of a `FeatureGrid`, which covers the picture.
package struct Cells: Sendable {
    /// The cells' features at length one, [hw, C].
    let directions: Tensor
    /// The cells' features, [hw, C].
    let features: Tensor
    /// The number of rows of cells.
    let rows: Int
    /// The number of cells in a row.
    let columns: Int
    let frame: SAM.Frame
    /// A cell's width and height, in pixels of SAM's input.
    let size: (width: Double, height: Double)
    /// The share of each cell that lies in the picture, 0…1, [hw].
    let presence: [Float]

    /// The cells that tell things apart: those of the picture's features if it has them.
    init(_ encoding: PerSAM.Encoding) {
        self = encoding.features.map { Cells($0, encoding.frame) } ?? Cells(encoding.masks)
    }

    /// SAM's own cells.
    init(_ encoding: SAM.Encoding) {
        let shape = encoding.embedding.shape
        let side = Double(encoding.frame.side) / Double(shape[0])
        self.init(encoding.embedding, frame: encoding.frame, size: (side, side))
    }

    package init(_ grid: PerSAM.FeatureGrid, _ frame: SAM.Frame) {
        let shape = grid.values.shape
        self.init(
            grid.values, frame: frame,
            size: (
                Double(frame.resized.width) / Double(shape[1]),
                Double(frame.resized.height) / Double(shape[0])
            ))
    }

    /// - Parameter grid: [h, w, C].
    private init(_ grid: Tensor, frame: SAM.Frame, size: (width: Double, height: Double)) {
        (rows, columns) = (grid.shape[0], grid.shape[1])
        (self.frame, self.size) = (frame, size)
        features = grid.reshaped([rows * columns, grid.shape[2]])
        directions = features.l2Normalized()
        presence = Self.coverage(
            of: Mask(size: frame.original, filled: true), frame, cell: size, rows: rows, columns: columns)
    }

    var count: Int { rows * columns }

    /// Returns the share of each cell that a mask covers, 0…1, [hw]; an object smaller than a cell counts.
    func coverage(of mask: Mask) -> [Float] {
        Self.coverage(of: mask, frame, cell: size, rows: rows, columns: columns)
    }

    /// Returns the share of each cell of a grid over SAM's input that a mask covers, 0…1, row after row.
    /// - Parameter cell: its width and height in pixels of the input.
    static func coverage(
        of mask: Mask, _ frame: SAM.Frame, cell: (width: Double, height: Double), rows: Int, columns: Int
    ) -> [Float] {
        let across = Double(frame.resized.width) / Double(mask.width) / cell.width
        let down = Double(frame.resized.height) / Double(mask.height) / cell.height
        var cells = [Double](repeating: 0, count: rows * columns)
        var row = [Double](repeating: 0, count: columns)
        for y in 0..<mask.height {
            for i in 0..<columns { row[i] = 0 }
            var any = false
            mask.forEachRun(inRow: y) { run in
                any = true
                spread(Double(run.lowerBound) * across, Double(run.upperBound) * across, columns) {
                    row[$0] += $1
                }
            }
            guard any else { continue }
            spread(Double(y) * down, Double(y + 1) * down, rows) { cellRow, share in
                for i in 0..<columns { cells[cellRow * columns + i] += share * row[i] }
            }
        }
        return cells.map { Float(min(1, $0)) }
    }

    /// Calls `body` with each unit cell that an interval covers and the length of the interval in it.
    static func spread(
        _ from: Double, _ to: Double, _ count: Int, _ body: (_ cell: Int, _ share: Double) -> Void
    ) {
        var cell = max(0, min(count, Int(from)))
        while cell < count, Double(cell) < to {
            let share = min(to, Double(cell + 1)) - max(from, Double(cell))
            if share > 0 { body(cell, share) }
            cell += 1
        }
    }

    /// Returns the mean feature of the cells, each weighted by the square of its share, so that cells on the
    /// object's border count little.
    /// - Returns: [C]
    func mean(weighing coverage: [Float]) -> Tensor {
        let squares = coverage.map { $0 * $0 }
        let total = squares.reduce(0, +)
        return (matmul(Tensor(squares, [1, squares.count]), features) / max(total, .leastNormalMagnitude))
            .reshaped([features.shape[1]])
    }

    /// Returns the cosine of every cell with the nearest of some directions, [hw]; -1 if there are none.
    func similarity(to directions: [Tensor]) -> [Float] {
        guard !directions.isEmpty else { return [Float](repeating: -1, count: count) }
        let products = matmul(self.directions, Tensor.stack(directions), transposed: true).array
        let width = directions.count
        return (0..<count).map { cell in (0..<width).reduce(-1) { max($0, products[cell * width + $1]) } }
    }

    /// Returns the middle of a cell in pixels of the displayed picture.
    func middle(of cell: Int) -> Point {
        let (across, down) = (
            Double(frame.original.width) / Double(frame.resized.width),
            Double(frame.original.height) / Double(frame.resized.height)
        )
        let (x, y) = (Double(cell % columns) * size.width, Double(cell / columns) * size.height)
        return Point(
            x: min(Double(frame.original.width) - 1, (x + size.width / 2 - 0.5) * across),
            y: min(Double(frame.original.height) - 1, (y + size.height / 2 - 0.5) * down))
    }
}
