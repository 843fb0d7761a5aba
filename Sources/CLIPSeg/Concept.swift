import Tensor

extension CLIPSeg {
    /// A class that can be looked for: what stands for it, and how probable is probable enough.
    public struct Concept: Sendable {
        public var className: String
        /// A pixel belongs to the class as much as the most probable of these says.
        public var conditionals: [Conditional]
        /// The probability from which a pixel belongs to the class; nil: the search's.
        public var threshold: Float?
        /// The name and checksum of the model it is for.
        public var model: (name: String, sha256: String)

        package init(
            className: String, conditionals: [Conditional], threshold: Float?,
            model: (name: String, sha256: String)
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
        throws(CLIPSegError) -> Concept
    {
        let concept = Concept(
            className: className, conditionals: conditionals, threshold: threshold,
            model: (weights.modelName, weights.sha256))
        try check(concept)
        return concept
    }

    /// That a concept can be looked for with this model. A file may name this model and still hold anything.
    func check(_ concept: Concept) throws(CLIPSegError) {
        guard concept.model.sha256 == weights.sha256 else {
            throw .conceptModel(
                concept: concept.className,
                learntWith: "\(concept.model.name) (\(concept.model.sha256.prefix(12)))",
                model: "\(weights.modelName) (\(weights.sha256.prefix(12)))")
        }
        if concept.conditionals.isEmpty { throw .nothingAsked }
        let channels = configuration.clip.projection
        for prompt in concept.conditionals where prompt.embedding.shape != [channels] {
            throw .conditional(found: prompt.embedding.count, expected: channels)
        }
        if let threshold = concept.threshold { try Self.check(threshold) }
    }

    static func check(_ threshold: Float) throws(CLIPSegError) {
        if !(threshold >= 0 && threshold <= 1) { throw .threshold(Double(threshold)) }
    }
}
