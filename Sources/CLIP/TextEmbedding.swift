public import Tensor

extension CLIP {
    /// A text, and the vector that stands for it.
    public struct TextEmbedding: Sendable {
        /// The text, or the name of a mean of several.
        public let text: String
        /// The vector, [D].
        public let embedding: Tensor
        /// Whether the text was longer than the model takes and its end was left out.
        public let wasCut: Bool

        package init(text: String, embedding: Tensor, wasCut: Bool) {
            (self.text, self.embedding, self.wasCut) = (text, embedding, wasCut)
        }

        /// Takes the mean direction of several vectors, each counting the same: several texts or templates of
        /// one class (CLIP, section 3.1.4).
        ///
        /// - Parameters:
        ///   - parts: at least one, of the same model.
        ///   - text: the name of the mean.
        public static func mean(_ parts: [TextEmbedding], text: String) -> TextEmbedding {
            precondition(!parts.isEmpty, "the mean of no embeddings")
            let mean = Tensor.stack(parts.map { $0.embedding.l2Normalized() }).mean(axis: 0)
            return TextEmbedding(
                text: text, embedding: mean.l2Normalized(), wasCut: parts.contains(where: \.wasCut))
        }
    }
}
