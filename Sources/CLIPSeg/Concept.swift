public import Tensor

extension CLIPSeg {
    /// A class that can be looked for: what stands for it, and how probable is probable enough.
    public struct Concept: Sendable {
        public var className: String
        /// A pixel belongs to the class as much as the most probable of these says.
        public var conditionals: [Conditional]
        /// The probability from which a pixel belongs to the class; nil: the search's.
        public var threshold: Float?
        /// The model it is for.
        public var model: ModelIdentity

        package init(
            className: String, conditionals: [Conditional], threshold: Float?,
            model: ModelIdentity
        ) {
            (self.className, self.conditionals, self.threshold, self.model) = (
                className, conditionals, threshold, model
            )
        }
    }

    /// A class of this model.
    /// - Parameters:
    ///   - conditionals: of texts or examples; several where the class has several names.
    ///   - threshold: 0…1; nil: the search's.
    /// - Throws: `CLIPSegError` for none, for another model's, or for a threshold that is no probability.
    public func concept(_ className: String, _ conditionals: [Conditional], threshold: Float? = nil)
        throws -> Concept
    {
        let concept = Concept(
            className: className, conditionals: conditionals, threshold: threshold,
            model: identity)
        try check(concept)
        return concept
    }

    /// That a concept can be looked for with this model. A file may name this model and still hold anything.
    func check(_ concept: Concept) throws {
        try ConceptError.check(concept.className, learntWith: concept.model, model: identity)
        if concept.conditionals.isEmpty { throw CLIPSegError.nothingAsked }
        let channels = configuration.clip.projection
        for prompt in concept.conditionals where prompt.embedding.shape != [channels] {
            throw CLIPSegError.conditional(found: prompt.embedding.count, expected: channels)
        }
        if let threshold = concept.threshold { try Self.check(threshold) }
    }

    static func check(_ threshold: Float) throws(CLIPSegError) {
        if !(threshold >= 0 && threshold <= 1) { throw .threshold(Double(threshold)) }
    }
}
