import SpanielImaging
package import Tensor
import SpanielPlatform

extension CLIPSeg {
    /// An example's picture, prepared so that its object stands out (CLIPSeg, section 4.3, "crop, blur,
    /// darken"):
    ///
    ///     x = image · mask + 0.1 · blurred · (1 - mask)
    ///
    /// The result is cut to the object's box and a tenth more on each side, then padded to a square with
    /// zeros. All this happens after normalising, where zero is the mean grey and not black.
    package struct Support {
        /// The prepared picture, normalised, [S, S, 3].
        package let pixels: Tensor

        /// - Parameters:
        ///   - image: the picture, normalised, [S, S, 3].
        ///   - mask: the object in the same frame, at least one pixel.
        init(_ image: Tensor, mask: Mask) {
            let side = image.shape[0]
            let blurred = Self.blurred(image, side: side)
            var values = image.array
            for y in 0..<side {
                for x in 0..<side where !mask[x, y] {
                    for i in 3 * (y * side + x)..<3 * (y * side + x) + 3 { values[i] = 0.1 * blurred[i] }
                }
            }
            guard let (columns, rows) = mask.extent else {
                preconditionFailure("a support picture without an object")
            }
            pixels = Tensor(
                Self.enlarged(values, side, Self.around(columns, side), Self.around(rows, side)), image.shape)
        }

        /// The prepared picture turned counterclockwise by a number of quarter turns.
        package func rotated(_ quarters: Int) -> Tensor {
            let side = pixels.shape[0]
            return (0..<quarters % 4).reduce(pixels) { turned, _ in
                // Transposing and then reversing the rows moves the right side to the top.
                let columns = turned.transposed([1, 0, 2])
                return Tensor.concatenated(
                    (0..<side).reversed().map { columns[leading: $0..<$0 + 1] }, axis: 0)
            }
        }

        /// A range and a tenth of its length on each side, as far as the picture reaches.
        private static func around(_ range: Range<Int>, _ side: Int) -> Range<Int> {
            let more = 0.1 * Double(range.count)
            let low = Int(max(0, Double(range.lowerBound) - more))
            return low..<Int(min(Double(side), Double(range.upperBound) + more))
        }

        /// A part of the picture, padded to a square around its middle and enlarged to the whole size; each
        /// pixel takes its nearest.
        private static func enlarged(
            _ values: [Float], _ side: Int, _ columns: Range<Int>, _ rows: Range<Int>
        ) -> [Float] {
            let square = max(columns.count, rows.count)
            let left = (square - columns.count) / 2
            let top = (square - rows.count) / 2
            let scale = Float(square) / Float(side)
            let sources = (0..<side).map { min(square - 1, Int(Float($0) * scale)) }
            var result = [Float](repeating: 0, count: values.count)
            for (y, fromY) in sources.enumerated() {
                let row = rows.lowerBound + fromY - top
                guard rows.contains(row) else { continue }
                for (x, fromX) in sources.enumerated() {
                    let column = columns.lowerBound + fromX - left
                    guard columns.contains(column) else { continue }
                    for c in 0..<3 { result[3 * (y * side + x) + c] = values[3 * (row * side + column) + c] }
                }
            }
            return result
        }

        /// Blurs with a Gaussian of σ 3 over 15 × 15 pixels; edges are mirrored without repeating the
        /// outermost pixel.
        private static func blurred(_ image: Tensor, side: Int) -> [Float] {
            let weights = (-7...7).map { exp(Double($0 * $0) / -18) }
            let sum = weights.reduce(0, +)
            let kernel = weights.map { Float($0 / sum) }
            let sources = (0..<side).map { i in (-7...7).map { (i + $0).mirrored(count: side) } }
            func pass(_ values: [Float], step: Int, across: Int) -> [Float] {
                var result = [Float](repeating: 0, count: values.count)
                for line in 0..<side {
                    for (i, taps) in sources.enumerated() {
                        for c in 0..<3 {
                            var sum: Float = 0
                            for (tap, weight) in zip(taps, kernel) {
                                sum += weight * values[3 * (line * across + tap * step) + c]
                            }
                            result[3 * (line * across + i * step) + c] = sum
                        }
                    }
                }
                return result
            }
            return pass(pass(image.array, step: 1, across: side), step: side, across: 1)
        }
    }
}
