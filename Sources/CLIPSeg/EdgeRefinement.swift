package import SpanielImaging
package import Tensor

extension CLIPSeg {
    /// Moves the edges of a map of probabilities to the edges of its picture: the fast guided filter (He and
    /// Sun 2015).
    ///
    ///     a = cov(I, p) / (var(I) + ε)      b = mean(p) - a mean(I)      in windows of the coarse map
    ///     q = mean(a) I + mean(b)                                        in every pixel of the picture
    ///
    /// I is the luminance and p the coarse probability. The time grows with the number of pixels, not with
    /// the window.
    package struct EdgeRefinement: Sendable {
        private let slope: Tensor
        private let offset: Tensor
        private let picture: Picture

        /// - Parameter probabilities: the map over the whole picture, [s, s].
        package init(_ probabilities: Tensor, _ picture: Picture) {
            let (height, width) = (probabilities.shape[0], probabilities.shape[1])
            self.picture = picture
            let guide = Tensor(
                Self.luminance(picture.resized(to: Size(width: width, height: height)).pixels[...]),
                probabilities.shape)
            let reach = max(1, Int((Double(max(height, width)) * Self.reach).rounded()))
            func mean(_ map: Tensor) -> Tensor { map.boxMean(reach) }
            let (meanI, meanP) = (mean(guide), mean(probabilities))
            let variance = mean(guide * guide) - meanI * meanI
            let covariance = mean(guide * probabilities) - meanI * meanP
            let a = Tensor(
                zip(covariance.array, variance.array).map { $0 / (max(0, $1) + Self.epsilon) },
                probabilities.shape)
            slope = mean(a)
            offset = mean(meanP - a * meanI)
        }

        /// Half the window's side, as a part of the map's side; then ε, the variance of luminance (0…1) above
        /// which something is an edge.
        private static let reach = 1.0 / 44
        private static let epsilon: Float = 1e-3

        /// Computes the probabilities of some rows of the picture.
        func band(_ rows: Range<Int>) -> [Float] {
            let slopes = slope.enlarged(to: picture.size, rows: rows)
            let offsets = offset.enlarged(to: picture.size, rows: rows)
            let width = picture.width
            let guide = Self.luminance(
                picture.pixels[3 * rows.lowerBound * width..<3 * rows.upperBound * width])
            return guide.indices.map { i in
                let q = slopes[i] * guide[i] + offsets[i]
                return q > 0 ? min(q, 1) : 0
            }
        }

        /// The luminance, 0…1, of RGB bytes (Rec. 601).
        private static func luminance(_ pixels: ArraySlice<UInt8>) -> [Float] {
            stride(from: pixels.startIndex, to: pixels.endIndex, by: 3).map {
                (0.299 * Float(pixels[$0]) + 0.587 * Float(pixels[$0 + 1]) + 0.114 * Float(pixels[$0 + 2]))
                    / 255
            }
        }
    }
}

extension Tensor {
    /// The mean over a window around each cell of a map, 2 · reach + 1 cells a side; only cells inside the
    /// map count.
    package func boxMean(_ reach: Int) -> Tensor {
        meanOfRows(reach).transposed([1, 0]).meanOfRows(reach).transposed([1, 0])
    }

    private func meanOfRows(_ reach: Int) -> Tensor {
        let width = shape[1]
        let values = array
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for start in stride(from: 0, to: values.count, by: width) {
            var sums = [0.0]
            for x in 0..<width { sums.append(sums[x] + Double(values[start + x])) }
            for x in 0..<width {
                let (low, high) = (max(0, x - reach), min(width, x + reach + 1))
                result.append(Float((sums[high] - sums[low]) / Double(high - low)))
            }
        }
        return Tensor(result, shape)
    }
}
