public import Tensor

extension CLIPSeg {
    /// A class that can be looked for: the prompts that stand for it, and its threshold.
    public struct Concept: Sendable {
        /// The name that the results carry.
        public var className: String
        /// The prompts: the probability of a pixel is the highest that any of them gives.
        public var conditionals: [Conditional]
        /// The probability, 0…1, from which a pixel belongs to the class; nil means that of the search.
        public var threshold: Float?
        /// The model that made the prompts; no other can use them.
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

    /// Makes a class of prompts of this model.
    /// - Parameters:
    ///   - className: the name that the results carry.
    ///   - conditionals: prompts of texts or examples; several if the class has several names.
    ///   - threshold: 0…1; nil means that of the search.
    /// - Throws: `CLIPSegError` for no prompt, a prompt of another model, or a threshold outside 0…1.
    public func concept(_ className: String, _ conditionals: [Conditional], threshold: Float? = nil)
        throws -> Concept
    {
        let concept = Concept(
            className: className, conditionals: conditionals, threshold: threshold,
            model: identity)
        try check(concept)
        return concept
    }

    /// Checks that this model can look for a concept: a file may name this model and still hold anything.
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
