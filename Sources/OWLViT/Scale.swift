import SpanielPlatform

extension OWLViT {
    /// The conversion between logits, margins and scores; a margin is a logit on a scale where the threshold
    /// is 0.
    ///
    /// For texts the score is the model's sigmoid. For examples the sigmoid may saturate: in a model that was
    /// trained with texts alone, an example's embedding is far more similar to any patch than a text's, and
    /// nearly every patch scores above 0.9. There the score is the sigmoid of the logit minus the examples'
    /// midpoint. It uses the logit rather than the cosine, because a patch's shift and scale say whether the
    /// patch is an object at all.
    package enum Scale {
        /// The threshold for texts, as in transformers.
        package static let textThreshold: Float = 0.1

        /// The threshold for the sigmoid of an example's logit, as in transformers' documentation.
        package static let sigmoidThreshold: Float = 0.6

        /// The threshold for calibrated scores of examples, at which precision and recall with one to five
        /// examples balance, whether the sigmoid saturates or not.
        package static let exampleThreshold: Float = 0.4

        /// Computes 1 / (1 + e⁻ˣ) of one number; `Tensor.sigmoid()` rounds differently.
        package static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

        /// Returns the difference of a logit and the threshold's logit.
        package static func margin(logit: Float, threshold: Float) -> Float {
            logit + log((1 - threshold) / threshold)
        }

        /// Returns the score of a margin; margin 0 scores `threshold`.
        package static func score(margin: Float, threshold: Float) -> Float {
            sigmoid(margin - log((1 - threshold) / threshold))
        }
    }
}

extension OWLViT.Scoring {
    /// The default threshold of a class with examples.
    package var threshold: Float {
        self == .calibrated ? OWLViT.Scale.exampleThreshold : OWLViT.Scale.sigmoidThreshold
    }
}
