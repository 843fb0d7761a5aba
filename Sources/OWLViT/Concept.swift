public import SpanielImaging
public import Tensor

extension OWLViT {
    /// What is looked for under one name: texts, examples or both, and what it must not be taken for.
    public struct Concept: Sendable {
        public var className: String
        /// What describes it in words; an object fits as well as it fits the best of them.
        public var texts: [Text]
        /// What it looks like; an object resembles the class as much as it resembles the nearest of them.
        public var examples: Examples
        /// What it must not be taken for.
        public var negatives: Examples
        /// What an example's score is.
        public var scoring: Scoring
        /// The score above which an object counts as found, 0…1; nil: `defaultThreshold`.
        public var threshold: Float?
        /// The model it was learnt with.
        public var model: ModelIdentity

        package init(
            className: String, texts: [Text] = [], examples: Examples = .none, negatives: Examples = .none,
            scoring: Scoring = .calibrated,
            threshold: Float? = nil, model: ModelIdentity
        ) {
            (self.className, self.texts, self.examples, self.negatives) = (
                className, texts, examples, negatives
            )
            (self.scoring, self.threshold, self.model) = (scoring, threshold, model)
        }

        /// What `threshold` is until set: 0.1 for texts alone, as transformers has it; for examples 0.4, or
        /// 0.6 of the model's sigmoid.
        public var defaultThreshold: Float { examples.isEmpty ? Scale.textThreshold : scoring.threshold }
    }

    /// What an example's score is; a text's is the model's sigmoid in every case.
    public enum Scoring: String, Sendable, Hashable, CaseIterable {
        /// The model's sigmoid, moved where it saturates: `Examples.midpoint` scores a half.
        case calibrated
        /// The model's sigmoid, as in the published code; of examples nearly all may be high.
        case sigmoid
    }

    /// One example as the model saw it.
    public struct Exemplar: Sendable {
        /// [D], of length one.
        public let embedding: Tensor
        /// What the chosen patch takes for the object, in the example picture's pixels.
        public let box: Box
        /// How much that box and the drawn one have in common, 0…1; a low one means that the model saw
        /// something else there.
        public let overlap: Double

        package init(embedding: Tensor, box: Box, overlap: Double) {
            (self.embedding, self.box, self.overlap) = (embedding, box, overlap)
        }
    }

    /// Examples of one thing, and what their logits mean.
    public struct Examples: Sendable {
        public var exemplars: [Exemplar]
        /// The logit that scores a half: 0, as the model has it, or, where that is too low, halfway from what
        /// lies beside the examples to themselves.
        public var midpoint: Float

        public static let none = Examples(exemplars: [], midpoint: 0)

        package init(exemplars: [Exemplar], midpoint: Float) {
            (self.exemplars, self.midpoint) = (exemplars, midpoint)
        }

        public var isEmpty: Bool { exemplars.isEmpty }
    }
}
