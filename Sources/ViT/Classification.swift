import SpanielImaging
public import Tensor

extension ViT {
    /// A picture as the model knows it.
    public struct Encoding: Sendable {
        /// The class token after the last layer, [C].
        public let embedding: Tensor

        package init(embedding: Tensor) { self.embedding = embedding }
    }

    /// A class and how probable it is that the picture shows it.
    public struct Classification: Sendable, Hashable {
        public let className: String
        /// The probability; those of all classes add up to 1.
        public let score: Float
        /// What the probability was made of.
        public let logit: Float

        /// Classes with what softmax makes of their logits, best first; equals keep their order.
        /// - Parameter logits: [classes].
        package static func ranked(_ classes: [String], logits: Tensor) -> [Classification] {
            let all = zip(zip(classes, softmax(logits).array), logits.array).map { named, logit in
                Classification(className: named.0, score: named.1, logit: logit)
            }
            return all.enumerated().sorted { ($1.element.logit, $0.offset) < ($0.element.logit, $1.offset) }
                .map(\.element)
        }
    }

    /// The model's own classes, best first.
    public func classify(_ encoding: Encoding) -> [Classification] {
        Classification.ranked(classes, logits: logits(encoding.embedding))
    }

    /// - Parameter embedding: [C].
    /// - Returns: [classes].
    package func logits(_ embedding: Tensor) -> Tensor {
        classifier(embedding.reshaped([1, embedding.count]))[leading: 0]
    }
}
