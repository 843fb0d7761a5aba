public import Tensor

extension CLIPSeg {
    /// A prompt: what is looked for, as one vector in CLIP's space, made from a text, from examples, or from
    /// both.
    ///
    /// The vector is not normalised, because the decoder was trained with the projection as it is.
    public struct Conditional: Sendable {
        /// The vector, [D].
        public let embedding: Tensor
        /// The text; nil if there is none.
        public let text: String?
        /// Whether the text was longer than the model takes and its end was left out.
        public let wasCut: Bool

        package init(embedding: Tensor, text: String? = nil, wasCut: Bool = false) {
            (self.embedding, self.text, self.wasCut) = (embedding, text, wasCut)
        }

        /// Takes the mean of several prompts, which makes one prompt of several examples.
        /// - Throws: `CLIPSegError` for none, or for prompts of different models.
        public static func mean(_ conditionals: [Conditional]) throws(CLIPSegError) -> Conditional {
            guard let first = conditionals.first else { throw .nothingAsked }
            for other in conditionals { try first.check(other) }
            let texts = conditionals.compactMap(\.text)
            return Conditional(
                embedding: Tensor.stack(conditionals.map(\.embedding)).mean(axis: 0),
                text: texts.isEmpty ? nil : texts.joined(separator: ", "),
                wasCut: conditionals.contains(where: \.wasCut))
        }

        /// Mixes a text with an example, as the authors did in training (CLIPSeg, section 3.2):
        ///
        ///     (1 - w) text + w example
        ///
        /// - Parameters:
        ///   - text: the prompt of a text.
        ///   - example: the prompt of an example.
        ///   - weight: the example's weight, from 0 (the text only) to 1 (the example only).
        /// - Throws: `CLIPSegError` for a weight outside 0…1, or for prompts of different models.
        public static func mix(text: Conditional, example: Conditional, weight: Double) throws(CLIPSegError)
            -> Conditional
        {
            guard weight >= 0, weight <= 1 else { throw .mix(weight) }
            try text.check(example)
            return Conditional(
                embedding: text.embedding * Float(1 - weight) + example.embedding * Float(weight),
                text: text.text, wasCut: text.wasCut)
        }

        private func check(_ other: Conditional) throws(CLIPSegError) {
            guard embedding.shape == other.embedding.shape else {
                throw .conditional(found: other.embedding.count, expected: embedding.count)
            }
        }
    }
}
