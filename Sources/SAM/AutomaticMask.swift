public import SpanielImaging
import Tensor

extension SAM {
    /// A mask that the automatic mask generator found.
    public struct AutomaticMask: Sendable {
        /// The mask, of the displayed picture's size.
        public internal(set) var mask: Mask
        /// The intersection over union with the true mask that the model predicts; not clamped, it may exceed
        /// 1.
        public let predictedIoU: Float
        /// SAM 2's probability that the point marks an object that is there, 0…1; nil for SAM.
        public let presence: Float?
        /// The area above the higher of two thresholds over the area above the lower, 0…1 (SAM, appendix B).
        public let stability: Float
        /// The point that was prompted, x and y in pixels of the displayed picture.
        public let point: Point
        /// The part of the picture that was searched: x1, y1, x2, y2 in pixels, half-open.
        public let crop: Box
        /// The mask's box by its first and last column and row.
        var box: InclusiveBox
    }
}

extension Mask {
    /// The smallest box around the set pixels, by first and last column and row; zeros if no pixel is set, as
    /// in segment-anything.
    var inclusiveBox: InclusiveBox {
        guard let (x, y) = extent else { return InclusiveBox(left: 0, top: 0, right: 0, bottom: 0) }
        return InclusiveBox(
            left: x.lowerBound, top: y.lowerBound, right: x.upperBound - 1, bottom: y.upperBound - 1)
    }
}

extension SAM.Prediction {
    /// Returns the mask at the size of the displayed picture, and its stability:
    ///
    ///     pixels above `offset` / pixels above -`offset`
    ///
    /// The stability is not a number if no pixel is above -`offset`.
    package func stableMask(offset: Float) -> (mask: Mask, stability: Float) {
        let size = frame.original
        var mask = Mask(size: size)
        var rows = rows
        var row = [Float](repeating: 0, count: size.width)
        var (inner, outer) = (0, 0)
        for y in 0..<size.height where !rows.isBelow(min(0, -offset), row: y) {
            rows.fill(y, &row)
            mask.setRow(y, above: 0, row)
            inner += Self.count(row, above: offset)
            outer += Self.count(row, above: -offset)
        }
        return (mask, Float(inner) / Float(outer))
    }

    private static func count(_ row: [Float], above threshold: Float) -> Int {
        var count: Int32 = 0
        for value in row { count &+= value > threshold ? 1 : 0 }
        return Int(count)
    }
}
