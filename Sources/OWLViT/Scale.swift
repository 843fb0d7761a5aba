import SpanielPlatform

extension OWLViT {
    /// What a logit says about an object, on one scale of logits where 0 is "just found".
    ///
    /// The model's own sigmoid means something for texts. For examples it may saturate: where a model was
    /// trained with texts alone, an example's embedding is far more similar to any patch than a text's, and
    /// nearly every patch scores above 0.9. There the logit counts from halfway between what lies beside the
    /// examples and the examples themselves. The logit, not the cosine: its shift and scale say how much a
    /// patch is an object at all, and whose.
    package enum Scale {
        /// transformers' threshold for texts.
        package static let textThreshold: Float = 0.1

        /// What transformers' documentation takes for the sigmoid of an example's logit.
        package static let sigmoidThreshold: Float = 0.6

        /// Where precision and recall by one to five examples balance, for sigmoids that mean something and
        /// for saturated ones.
        package static let exampleThreshold: Float = 0.4

        static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

        /// How far a logit is above a threshold's.
        static func margin(logit: Float, threshold: Float) -> Float {
            logit + log((1 - threshold) / threshold)
        }

        /// The score of a margin, where a threshold is just found.
        static func score(margin: Float, threshold: Float) -> Float {
            sigmoid(margin - log((1 - threshold) / threshold))
        }
    }
}

extension OWLViT.Scoring {
    /// The score above which an object counts as found until something else is said.
    var threshold: Float {
        self == .calibrated ? OWLViT.Scale.exampleThreshold : OWLViT.Scale.sigmoidThreshold
    }
}
