public import SpanielImaging
public import Tensor

extension SAM {
    /// One mask the decoder offers.
    public struct Prediction: Sendable {
        /// The intersection over union with the true mask that the model expects; not clamped, it may exceed
        /// 1.
        public let score: Float
        /// Low resolution, [4h, 4w]: also the mask prompt of a next round.
        public let logits: Tensor
        public let frame: Frame

        package init(score: Float, logits: Tensor, frame: Frame) {
            self.score = score
            self.logits = logits
            self.frame = frame
        }

        /// The mask at the size of the displayed picture: where the logits, enlarged, are above the
        /// threshold.
        public func mask(threshold: Float = 0) -> Mask {
            var rows = rows
            return Mask(width: frame.original.width, height: frame.original.height, above: threshold) {
                y, row in
                rows.fill(y, &row)
            }
        }

        /// The logits enlarged to the displayed picture: bilinear to the model's input, cut to the picture's
        /// part of it, bilinear again.
        package var rows: TwoStepInterpolation {
            TwoStepInterpolation(
                logits, to: (frame.side, frame.side), keeping: (frame.resized.height, frame.resized.width),
                to: (frame.original.height, frame.original.width))
        }
    }
}

extension Collection where Element == SAM.Prediction {
    /// The prediction with the highest score, the first of equals; the collection is not empty.
    public var best: SAM.Prediction { reduce(first!) { $1.score > $0.score ? $1 : $0 } }
}
