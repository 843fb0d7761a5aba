import SpanielPlatform
package import Tensor

extension SAM {
    /// Random Fourier features of a position (SAM, appendix A; Tancik et al. 2020):
    ///
    ///     [sin(2π (2p - 1) G), cos(2π (2p - 1) G)]
    ///
    /// They are computed in double precision and rounded once.
    package struct PositionalEncoding: Sendable {
        /// The matrix G, [2, F]: the row for x, then the row for y.
        package let matrix: Tensor
        private let columns: [Double]
        private let rows: [Double]

        init(matrix: Tensor) {
            precondition(
                matrix.shape.rank == 2 && matrix.shape[0] == 2,
                "a positional matrix is [2, F], not \(matrix.shape)")
            self.matrix = matrix
            columns = matrix[leading: 0].array.map { 2 * .pi * Double($0) }
            rows = matrix[leading: 1].array.map { 2 * .pi * Double($0) }
        }

        /// - Parameters:
        ///   - x: 0 at the left edge of the model's input, 1 at the right.
        ///   - y: 0 at the top, 1 at the bottom.
        /// - Returns: the encoding, 2F numbers.
        package func callAsFunction(x: Double, y: Double) -> [Float] {
            let angles = zip(columns, rows).map { (2 * x - 1) * $0 + (2 * y - 1) * $1 }
            return angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
        }

        /// Returns the encodings of all cells' centres.
        ///
        /// The angle is the sum of a column's and a row's part, so that the parts' sines and cosines suffice.
        /// - Returns: [height, width, 2F].
        func grid(height: Int, width: Int) -> Tensor {
            func waves(_ count: Int, _ factors: [Double]) -> [(sin: [Double], cos: [Double])] {
                (0..<count).map { i in
                    let angles = factors.map { (2 * ((Double(i) + 0.5) / Double(count)) - 1) * $0 }
                    return (angles.map { sin($0) }, angles.map { cos($0) })
                }
            }
            let features = columns.count
            let (across, down) = (waves(width, columns), waves(height, rows))
            var codes = [Float](repeating: 0, count: height * width * 2 * features)
            var place = 0
            for y in down {
                for x in across {
                    for f in 0..<features {
                        codes[place + f] = Float(x.sin[f] * y.cos[f] + x.cos[f] * y.sin[f])
                        codes[place + features + f] = Float(x.cos[f] * y.cos[f] - x.sin[f] * y.sin[f])
                    }
                    place += 2 * features
                }
            }
            return Tensor(codes, [height, width, 2 * features])
        }
    }
}
