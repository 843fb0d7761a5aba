public import Tensor

extension CLIPSeg {
    /// What is looked for, as one vector of CLIP's space: of a text, of examples, or of both.
    ///
    /// Not normalised: the decoder was trained with the projection as it is.
    public struct Conditional: Sendable {
        /// [D]
        public let embedding: Tensor
        /// The text; nil where there is none.
        public let text: String?
        /// Whether the text was longer than the model takes and its end was left out.
        public let wasCut: Bool

        package init(embedding: Tensor, text: String? = nil, wasCut: Bool = false) {
            (self.embedding, self.text, self.wasCut) = (embedding, text, wasCut)
        }

        /// The mean of several, which is how several examples become one prompt.
        /// - Throws: `CLIPSegError` for none, or of models that do not agree.
        public static func mean(_ conditionals: [Conditional]) throws(CLIPSegError) -> Conditional {
            guard let first = conditionals.first else { throw .nothingAsked }
            for other in conditionals { try first.check(other) }
            let texts = conditionals.compactMap(\.text)
            return Conditional(
                embedding: Tensor.stack(conditionals.map(\.embedding)).mean(axis: 0),
                text: texts.isEmpty ? nil : texts.joined(separator: ", "),
                wasCut: conditionals.contains(where: \.wasCut))
        }

        /// Text and example together, as the authors mixed them in training (CLIPSeg, section 3.2):
        ///
        ///     (1 - w) text + w example
        ///
        /// - Parameter weight: the example's, from 0, the text only, to 1, the example only.
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
