package import SpanielImaging
package import Tensor
import SpanielPlatform

extension OWLViT {
    /// One axis of OWLv2's resizing: a Gaussian and linear interpolation, combined to one weighted sum for
    /// each output position, as scikit-image's `resize` does with anti-aliasing.
    ///
    ///     σ = max(0, (from / to - 1) / 2), cut off at 4 σ
    ///
    /// Beyond its ends the axis is mirrored without repeating the last sample.
    package struct Smoothing: Sendable {
        /// The first input position of each output position.
        package private(set) var first: [Int] = []
        /// The weights of the first and the following input positions.
        package private(set) var weights: [[Double]] = []
        /// The weight of the padding in each output position.
        package private(set) var padding: [Double] = []

        /// - Parameters:
        ///   - from: the length of the padded axis.
        ///   - present: the number of positions at its start that are picture; the others are padding.
        ///   - to: the length after resizing.
        package init(from: Int, present: Int, to: Int) {
            let scale = Double(from) / Double(to)
            let kernel = Self.gaussian(deviation: max(0, (scale - 1) / 2))
            let radius = kernel.count / 2
            for output in 0..<to {
                let position = (Double(output) + 0.5) * scale - 0.5
                let left = Int(position.rounded(.down))
                let right = position - Double(left)
                // Only positions beyond the axis are mirrored, so that the sums run over few neighbours.
                var sums: [Int: Double] = [:]
                for (neighbour, share) in [(left, 1 - right), (left + 1, right)] where share != 0 {
                    let center = neighbour.mirrored(count: from)
                    for (i, weight) in kernel.enumerated() {
                        sums[(center + i - radius).mirrored(count: from), default: 0] += share * weight
                    }
                }
                padding.append(sums.reduce(0) { $0 + ($1.key >= present ? $1.value : 0) })
                let inside = sums.filter { $0.key < present }
                let low = inside.keys.min() ?? 0
                let high = inside.keys.max() ?? -1
                first.append(low)
                weights.append(low <= high ? (low...high).map { inside[$0] ?? 0 } : [])
            }
        }

        private static func gaussian(deviation: Double) -> [Double] {
            guard deviation > 1e-15 else { return [1] }
            let radius = Int(4 * deviation + 0.5)
            let bell = (-radius...radius).map { exp(-0.5 / (deviation * deviation) * Double($0 * $0)) }
            let sum = bell.reduce(0, +)
            return bell.map { $0 / sum }
        }
    }
}

extension Picture {
    /// Pads the picture to a square at the right or the bottom, smooths and resizes it; the square itself is
    /// never allocated.
    /// - Parameters:
    ///   - values: the number for each of the 256 values.
    ///   - padding: the number beside the picture.
    ///   - side: the side of the result, in pixels.
    /// - Returns: [side, side, 3].
    /// - Complexity: O(width · height · 8σ / scale).
    package func smoothedSquare(values: [Float], padding: Float, side: Int) -> Tensor {
        let longer = max(width, height)
        let across = OWLViT.Smoothing(from: longer, present: width, to: side)
        let down = OWLViT.Smoothing(from: longer, present: height, to: side)
        let (width, height, pixels) = (width, height, pixels)
        let fill = Double(padding)
        // Each row is resized to the new width.
        let rows: [[Float]] = Parallel.map(height) { y in
            let row = pixels[3 * width * y..<3 * width * (y + 1)].map { Double(values[Int($0)]) }
            var narrow = [Float](repeating: padding, count: 3 * side)
            for x in 0..<side {
                let beside = across.padding[x] * fill
                var (red, green, blue) = (beside, beside, beside)
                var place = 3 * across.first[x]
                for weight in across.weights[x] {
                    red += weight * row[place]
                    green += weight * row[place + 1]
                    blue += weight * row[place + 2]
                    place += 3
                }
                narrow[3 * x] = Float(red)
                narrow[3 * x + 1] = Float(green)
                narrow[3 * x + 2] = Float(blue)
            }
            return narrow
        }
        let strips: [[Float]] = Parallel.map(side) { y in
            var sums = [Double](repeating: down.padding[y] * fill, count: 3 * side)
            for (i, weight) in down.weights[y].enumerated() {
                let row = rows[down.first[y] + i]
                for x in 0..<3 * side { sums[x] += weight * Double(row[x]) }
            }
            return sums.map { Float($0) }
        }
        return Tensor(strips.flatMap { $0 }, [side, side, 3])
    }
}
