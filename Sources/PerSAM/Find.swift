import SpanielImaging
import Tensor

extension PerSAM {
    /// Every instance of a class in a picture.
    public func find(_ concept: Concept, in encoding: SAM.Encoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        try find([concept], in: encoding, options: options)
    }

    /// Every instance of several classes; where two claim the same pixels, the better score has them.
    /// - Throws: `ConceptError` for a concept of another model; `CancellationError`.
    public func find(_ concepts: [Concept], in encoding: SAM.Encoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        for concept in concepts { try check(concept) }
        let searches = try concepts.map { concept in
            if options.faithful, let target = concept.original {
                return findOriginal(concept, target, encoding)
            }
            return try Search(Scene(encoding, concept, sam), options).run()
        }
        return Arbitration(searches, options).findings
    }

    /// A file may name this model and still hold anything.
    private func check(_ concept: Concept) throws {
        try ConceptError.check(concept.className, learntWith: concept.model, model: sam.identity)
        let channels = sam.configuration.imageEncoder.outputChannels
        let original = concept.original.map { [$0.embedding] } ?? []
        for vector in concept.directions + concept.features + concept.negatives + original
        where vector.shape != [channels] {
            throw ConceptError.channels(
                concept: concept.className, found: vector.count, expected: channels)
        }
        let masks = sam.configuration.maskDecoder.masks
        if masks != 3 && (concept.weights ?? concept.original?.weights) != nil {
            throw PerSAMError.conceptWeights(concept: concept.className, masks: masks)
        }
    }

    /// The paper's one object in the original code's arithmetic.
    private func findOriginal(_ concept: Concept, _ target: Original.Target, _ encoding: SAM.Encoding)
        -> SearchResult
    {
        let trace = Original(sam).find(target, in: encoding)
        let scene = Scene(encoding, concept, sam)
        let peak = scene.similarity.max() ?? 0
        guard let box = trace.mask.box else {
            return SearchResult(
                scene: scene, found: [], stop: Stop(reason: .emptyMask, peak: peak, threshold: concept.floor))
        }
        let direction = scene.cells.mean(weighing: scene.cells.coverage(of: trace.mask)).l2Normalized()
        let object = FoundObject(
            className: concept.className, score: max(0, min(1, trace.score)),
            similarity: target.feature.dot(direction),
            predictedIoU: trace.score, box: box, mask: trace.mask)
        return SearchResult(
            scene: scene, found: [.init(object, verdict: .accepted, point: box.center, peak: peak)],
            stop: Stop(reason: .single, peak: peak, threshold: concept.floor))
    }
}
