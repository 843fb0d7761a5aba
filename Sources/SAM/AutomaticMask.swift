public import SpanielImaging
import Tensor

extension SAM {
    /// A mask that the automatic mask generator found.
    public struct AutomaticMask: Sendable {
        /// At the size of the displayed picture.
        public internal(set) var mask: Mask
        /// The intersection over union with the true mask that the model expects; not clamped.
        public let predictedIoU: Float
        /// How little the mask changes when its threshold moves: the area above the higher one over the area
        /// above the lower.
        public let stability: Float
        /// The point that it answers.
        public let point: Point
        /// The part of the picture that it was found in.
        public let crop: Box
        var box: InclusiveBox
    }
}

extension Mask {
    /// The smallest box around the set pixels, both ends inside; zeros when none is set, as in the original.
    var inclusiveBox: InclusiveBox {
        guard let (x, y) = extent else { return InclusiveBox(left: 0, top: 0, right: 0, bottom: 0) }
        return InclusiveBox(
            left: x.lowerBound, top: y.lowerBound, right: x.upperBound - 1, bottom: y.upperBound - 1)
    }
}

extension SAM.Prediction {
    /// The mask at the size of the displayed picture, and its stability:
    ///
    ///     pixels above `offset` / pixels above -`offset`
    ///
    /// - Returns: a stability that is not a number when no pixel is above -`offset`.
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
