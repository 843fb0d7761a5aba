package import Tensor

/// How much a mask at SAM's low resolution covers of each cell of another grid: the mask is resampled by
/// areas, so that features need not be.
///
///     coverage = D · P · A, P being the mask's probabilities [4h, 4w]
package struct MaskCoverage: Sendable {
    /// The share of each row of cells that each row of the mask covers, [rows, 4h].
    private let down: Tensor
    /// The share of each column of cells that each column of the mask covers, [columns, 4w].
    private let across: Tensor

    /// - Parameter side: the mask's rows and columns.
    package init(_ cells: Cells, side: Int) {
        let pixel = Double(cells.frame.side) / Double(side)
        func shares(_ count: Int, _ cell: Double) -> Tensor {
            var shares = [Float](repeating: 0, count: count * side)
            for i in 0..<side {
                Cells.spread(Double(i) * pixel / cell, Double(i + 1) * pixel / cell, count) {
                    shares[$0 * side + i] = Float($1)
                }
            }
            return Tensor(shares, [count, side])
        }
        down = shares(cells.rows, cells.size.height)
        across = shares(cells.columns, cells.size.width)
    }

    /// - Parameter probabilities: [4h, 4w].
    /// - Returns: 0…1 for each cell, row after row.
    package func callAsFunction(_ probabilities: Tensor) -> [Float] {
        matmul(matmul(down, probabilities), across, transposed: true).array.map { min(1, $0) }
    }
}

extension Cells {
    /// Returns a map over these cells, such as the similarity, at the middles of SAM's own cells, between the
    /// four nearest cells; nil beside the picture.
    /// - Parameter side: the number of SAM's cells along a side.
    package func resampled(_ values: [Float], toSAM side: Int) -> [Float?] {
        let cell = Double(frame.side) / Double(side)
        /// The two nearest of some cells, and the weight of the second.
        func place(_ i: Int, _ count: Int, _ size: Double, _ length: Int) -> (Int, Int, Float)? {
            let middle = (Double(i) + 0.5) * cell
            guard middle < Double(length) else { return nil }
            let position = max(0, min(Double(count - 1), middle / size - 0.5))
            let first = Int(position)
            return (first, min(count - 1, first + 1), Float(position - Double(first)))
        }
        let across = (0..<side).map { place($0, columns, size.width, frame.resized.width) }
        let down = (0..<side).map { place($0, rows, size.height, frame.resized.height) }
        return (0..<side * side).map { i in
            guard let (left, right, x) = across[i % side], let (top, bottom, y) = down[i / side] else {
                return nil
            }
            func row(_ row: Int) -> Float {
                values[row * columns + left] * (1 - x) + values[row * columns + right] * x
            }
            return row(top) * (1 - y) + row(bottom) * y
        }
    }
}
