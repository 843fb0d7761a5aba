import SpanielImaging
import Tensor

/// The cells of an encoded picture as PerSAM compares them; they depend on the encoding alone, so that one
/// value serves every concept.
struct Cells: Sendable {
    /// The cells' embeddings at length one, [hw, C].
    let directions: Tensor
    /// The cells' embeddings, [hw, C].
    let features: Tensor
    /// The number of cells along a side.
    let side: Int
    let frame: SAM.Frame
    /// The share of each cell that lies in the picture, 0…1, [hw].
    let presence: [Float]

    init(_ encoding: SAM.Encoding) {
        let shape = encoding.embedding.shape
        side = shape[0]
        frame = encoding.frame
        features = encoding.embedding.reshaped([side * side, shape[2]])
        directions = features.l2Normalized()
        presence = Self.coverage(of: Mask(size: frame.original, filled: true), frame: frame, side: side)
    }

    /// Returns the share of each cell that a mask covers, 0…1, [hw]; an object smaller than a cell counts.
    func coverage(of mask: Mask) -> [Float] { Self.coverage(of: mask, frame: frame, side: side) }

    private static func coverage(of mask: Mask, frame: SAM.Frame, side: Int) -> [Float] {
        coverage(
            of: mask, columns: Double(frame.resized.width), rows: Double(frame.resized.height),
            extent: Double(frame.side), side: side)
    }

    /// Returns the share of each square of a grid that a mask covers, 0…1, row after row.
    /// - Parameters:
    ///   - columns: the picture's width in the model's input.
    ///   - rows: the picture's height in the model's input.
    ///   - extent: the side of the model's square input.
    ///   - side: the number of squares along a side of the grid over the input.
    static func coverage(of mask: Mask, columns: Double, rows: Double, extent: Double, side: Int) -> [Float] {
        let cell = extent / Double(side)
        let (across, down) = (columns / Double(mask.width) / cell, rows / Double(mask.height) / cell)
        var cells = [Double](repeating: 0, count: side * side)
        var row = [Double](repeating: 0, count: side)
        for y in 0..<mask.height {
            for i in 0..<side { row[i] = 0 }
            var any = false
            mask.forEachRun(inRow: y) { run in
                any = true
                spread(Double(run.lowerBound) * across, Double(run.upperBound) * across, side) {
                    row[$0] += $1
                }
            }
            guard any else { continue }
            spread(Double(y) * down, Double(y + 1) * down, side) { cellRow, share in
                for i in 0..<side { cells[cellRow * side + i] += share * row[i] }
            }
        }
        return cells.map { Float(min(1, $0)) }
    }

    /// Calls `body` with each unit cell that an interval covers and the length of the interval in it.
    private static func spread(
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
        guard !directions.isEmpty else { return [Float](repeating: -1, count: side * side) }
        let products = matmul(self.directions, Tensor.stack(directions), transposed: true).array
        let count = directions.count
        return (0..<side * side).map { cell in (0..<count).reduce(-1) { max($0, products[cell * count + $1]) }
        }
    }

    /// Returns the middle of a cell in pixels of the displayed picture.
    func middle(of cell: Int) -> Point {
        let size = Double(frame.side) / Double(side)
        let (across, down) = (
            Double(frame.original.width) / Double(frame.resized.width),
            Double(frame.original.height) / Double(frame.resized.height)
        )
        return Point(
            x: min(Double(frame.original.width) - 1, (Double(cell % side) * size + size / 2 - 0.5) * across),
            y: min(Double(frame.original.height) - 1, (Double(cell / side) * size + size / 2 - 0.5) * down))
    }
}
