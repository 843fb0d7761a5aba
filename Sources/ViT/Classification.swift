import SpanielImaging
public import Tensor

extension ViT {
    /// An encoded picture, from which `classify` answers.
    public struct Encoding: Sendable {
        /// The class token after the last layer, [C].
        public let embedding: Tensor

        package init(embedding: Tensor) { self.embedding = embedding }
    }

    /// A class, and how probable it is that the picture shows it.
    public struct Classification: Sendable, Hashable {
        /// The name of the class.
        public let className: String
        /// The probability, 0…1; the probabilities of all classes add up to 1.
        public let score: Float
        /// The number that softmax turned into the probability.
        public let logit: Float

        /// Ranks classes by the softmax of their logits, best first; equal ones keep their order.
        /// - Parameter logits: [classes].
        package static func ranked(_ classes: [String], logits: Tensor) -> [Classification] {
            let all = zip(zip(classes, softmax(logits).array), logits.array).map { named, logit in
                Classification(className: named.0, score: named.1, logit: logit)
            }
            return all.enumerated().sorted { ($1.element.logit, $0.offset) < ($0.element.logit, $1.offset) }
                .map(\.element)
        }
    }

    /// Ranks the model's own classes for an encoded picture, the most probable first.
    ///
    /// It costs one small product, far less than `encode`.
    public func classify(_ encoding: Encoding) -> [Classification] {
        Classification.ranked(classes, logits: logits(encoding.embedding))
    }

    /// Applies the classifier's head.
    /// - Parameter embedding: [C].
    /// - Returns: [classes].
    package func logits(_ embedding: Tensor) -> Tensor {
        classifier(embedding.reshaped([1, embedding.count]))[leading: 0]
    }
}
