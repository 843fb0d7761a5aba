import SpanielImaging
import Tensor

/// How a picture is searched.
public struct FindOptions: Sendable {
    public enum Strategy: String, Sendable, CaseIterable {
        /// The most similar place, its object, then the most similar place outside it, and so on (the
        /// default).
        case peak
        /// The most similar place of every small square of the picture at once.
        case grid
        /// Places spread evenly over the whole picture, similar or not: slow, and finds what looks little
        /// like the example.
        case propose
    }

    public var strategy: Strategy = .peak
    /// Instead of each concept's own.
    public var threshold: Float?
    /// The most objects of a picture.
    public var maximumObjects = 100
    /// The paper's one object: the best, however weak.
    public var single = false
    /// The original code's arithmetic; the concept must have been learnt for it.
    public var faithful = false

    public init() {}
}

extension PerSAM {
    /// Every instance of a class in a picture.
    public func find(_ concept: Concept, in encoding: SAM.Encoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        try find([concept], in: encoding, options: options)
    }

    /// Every instance of several classes; where two claim the same pixels, the better score has them.
    /// - Throws: `PerSAMError.conceptModel` for a concept of another model; `CancellationError`.
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

    /// The same away from the caller's thread.
    @concurrent public func find(
        _ concepts: [Concept], in encoding: SAM.Encoding, options: FindOptions = FindOptions()
    ) async throws -> Findings {
        let findNow: () throws -> Findings = { try find(concepts, in: encoding, options: options) }
        return try findNow()
    }

    /// The same for one class.
    @concurrent public func find(
        _ concept: Concept, in encoding: SAM.Encoding, options: FindOptions = FindOptions()
    ) async throws -> Findings {
        try await find([concept], in: encoding, options: options)
    }

    private func check(_ concept: Concept) throws {
        let (name, digest) = (sam.weights.modelName, sam.weights.sha256)
        guard concept.model.sha256 == digest else {
            throw PerSAMError.conceptModel(
                concept: concept.className,
                learntWith: "\(concept.model.name) (\(concept.model.sha256.prefix(12)))",
                model: "\(name) (\(digest.prefix(12)))")
        }
        // A file may name this model and still hold anything.
        let channels = sam.configuration.imageEncoder.outputChannels
        for vector in concept.directions + concept.features + concept.negatives
            + [concept.original?.embedding].compactMap({ $0 })
        where vector.shape != [channels] {
            throw PerSAMError.conceptChannels(
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

/// What one class's search met.
struct SearchResult {
    /// A place and the object there, if any.
    struct Find {
        var object: FoundObject?
        var verdict: Candidate.Verdict
        let point: Point
        let peak: Float

        init(_ object: FoundObject?, verdict: Candidate.Verdict, point: Point, peak: Float) {
            (self.object, self.verdict, self.point, self.peak) = (object, verdict, point, peak)
        }
    }

    let scene: Scene
    var found: [Find]
    let stop: Stop
}
