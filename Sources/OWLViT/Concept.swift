public import SpanielImaging
public import Tensor

extension OWLViT {
    /// One class to search for: its texts, its examples or both, and what it must not be taken for.
    ///
    /// `OWLViT.concept(_:texts:)` and `OWLViT.learn` make one. Save it to search other pictures later:
    ///
    ///     try boot.save(to: URL(filePath: "boot.concept"))
    ///     let same = try OWLViT.Concept(contentsOf: URL(filePath: "boot.concept"))
    public struct Concept: Sendable {
        /// The name of the class.
        public var className: String
        /// The texts that describe the class; an object's score is that of the best of them.
        public var texts: [Text]
        /// The examples of the class; an object's similarity is its cosine with the nearest of them.
        public var examples: Examples
        /// The examples of what the class must not be taken for.
        public var negatives: Examples
        /// How an example's logit becomes a score.
        public var scoring: Scoring
        /// The score above which an object counts as found, 0…1; nil takes `defaultThreshold`.
        public var threshold: Float?
        /// What many labelled pictures taught beside the examples: a place is looked at closer by it;
        /// `detect` does without.
        package var taught: Taught?
        /// What another model's features say of the examples; nil where none was asked.
        package var evidence: FeatureExamples?
        /// The model that the class was learnt with; `detect` refuses a concept of another model.
        public var model: ModelIdentity

        package init(
            className: String, texts: [Text] = [], examples: Examples = .none, negatives: Examples = .none,
            scoring: Scoring = .calibrated,
            threshold: Float? = nil, taught: Taught? = nil, model: ModelIdentity
        ) {
            (self.className, self.texts, self.examples, self.negatives) = (
                className, texts, examples, negatives
            )
            (self.scoring, self.threshold, self.taught, self.model) = (scoring, threshold, taught, model)
        }

        /// Whether labelled pictures taught the class well enough to look at each place alone.
        public var looksCloser: Bool { taught != nil }

        /// The features that were asked beside the model, if any were.
        public var featureIdentity: FeatureIdentity? { taught?.evidence?.identity ?? evidence?.identity }

        /// The threshold if none is set: 0.1 for texts alone, as in transformers; for examples 0.4 if
        /// `scoring` is `calibrated`, 0.6 if it is `sigmoid`.
        public var defaultThreshold: Float { examples.isEmpty ? Scale.textThreshold : scoring.threshold }
    }

    /// How an example's logit becomes a score; a text's score is always the model's sigmoid.
    public enum Scoring: String, Sendable, Hashable, CaseIterable {
        /// The score is the model's sigmoid, shifted where the sigmoid saturates so that
        /// `OWLViT.Examples.midpoint` scores 0.5.
        case calibrated
        /// The score is the model's sigmoid, as in the published code; a model trained with texts alone may
        /// score nearly every patch high.
        case sigmoid
    }

    /// One example after learning.
    public struct Exemplar: Sendable {
        /// The class embedding of the patch that represents the example, [D] of length one.
        public let embedding: Tensor
        /// The box that the patch predicts: x1, y1, x2, y2 in pixels of the example's picture.
        public let box: Box
        /// The IoU of that box with the drawn one, 0…1; if it is low, the model saw another object there.
        public let overlap: Double

        package init(embedding: Tensor, box: Box, overlap: Double) {
            (self.embedding, self.box, self.overlap) = (embedding, box, overlap)
        }
    }

    /// The examples of one class, and the logit that separates them from their backgrounds.
    public struct Examples: Sendable {
        /// The examples, in the order they were learnt.
        public var exemplars: [Exemplar]
        /// The logit that scores 0.5: midway between the logits of the examples' backgrounds and the
        /// examples' own, but at least 0, the model's.
        public var midpoint: Float

        /// No examples.
        public static let none = Examples(exemplars: [], midpoint: 0)

        package init(exemplars: [Exemplar], midpoint: Float) {
            (self.exemplars, self.midpoint) = (exemplars, midpoint)
        }

        /// Whether there are no examples.
        public var isEmpty: Bool { exemplars.isEmpty }
    }
}
