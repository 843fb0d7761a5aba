public import SpanielImaging
public import Tensor

extension SAM {
    /// One mask that the decoder proposes.
    public struct Prediction: Sendable {
        /// The intersection over union with the true mask that the model predicts; not clamped, it may exceed
        /// 1.
        public let score: Float
        /// SAM 2's probability that the prompt marks an object that is there, 0…1; nil for SAM.
        public let presence: Float?
        /// The mask's logits at low resolution, [4h, 4w]; `SAM.Prompt.mask` takes them to refine the mask.
        public let logits: Tensor
        /// The place of the picture in the model's square input.
        public let frame: Frame

        package init(score: Float, presence: Float? = nil, logits: Tensor, frame: Frame) {
            self.score = score
            self.presence = presence
            self.logits = logits
            self.frame = frame
        }

        /// Returns the mask at the size of the displayed picture: the pixels whose enlarged logits are above
        /// a threshold.
        ///
        /// - Parameter threshold: a logit; 0, the default, is a probability of one half.
        public func mask(threshold: Float = 0) -> Mask {
            var rows = rows
            var mask = Mask(size: frame.original)
            var row = [Float](repeating: 0, count: mask.width)
            for y in 0..<mask.height where !rows.isBelow(threshold, row: y) {
                rows.fill(y, &row)
                mask.setRow(y, above: threshold, row)
            }
            return mask
        }

        /// The logits enlarged to the displayed picture, row by row: bilinear to the model's input, cropped
        /// to the picture's part of it, bilinear again; those of a stretched picture in one step.
        package var rows: TwoStepInterpolation {
            let low = (logits.shape[0], logits.shape[1])
            return frame.isStretched
                ? TwoStepInterpolation(
                    logits, to: low, keeping: low, to: (frame.original.height, frame.original.width))
                : TwoStepInterpolation(
                    logits, to: (frame.side, frame.side),
                    keeping: (frame.resized.height, frame.resized.width),
                    to: (frame.original.height, frame.original.width))
        }
    }
}

extension Collection where Element == SAM.Prediction {
    /// The prediction with the highest score, the first of equals; traps if the collection is empty.
    public var best: SAM.Prediction { reduce(first!) { $1.score > $0.score ? $1 : $0 } }
}
