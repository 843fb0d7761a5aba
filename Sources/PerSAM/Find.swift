import SpanielImaging
import Tensor

extension PerSAM {
    /// Finds every instance of a class in an encoded picture.
    ///
    ///     let found = try persam.find(concept, in: shelf)
    ///     print(found.count, found.stop.reason) // 2 belowThreshold
    ///
    /// - Throws: `ConceptError` for a concept of another model, `PerSAMError` for one of other features or
    ///   whose weights do not suit this model; `CancellationError`.
    public func find(_ concept: Concept, in encoding: Encoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        try find([concept], in: encoding, options: options)
    }

    /// Finds every instance of several classes in an encoded picture.
    ///
    /// A pixel belongs to one object at most: where two overlap, the one with the better score gets it.
    /// - Returns: the objects of all classes, the best first.
    /// - Throws: `ConceptError` for a concept of another model, `PerSAMError` for one of other features or
    ///   whose weights do not suit this model; `CancellationError`.
    public func find(_ concepts: [Concept], in encoding: Encoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        try find(concepts, in: TiledEncoding(encoding), options: options)
    }

    /// Finds every instance of a class in a picture that was encoded in tiles.
    /// - Throws: what the same for a whole picture throws.
    public func find(_ concept: Concept, in encoding: TiledEncoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        try find([concept], in: encoding, options: options)
    }

    /// Finds every instance of several classes in a picture that was encoded in tiles; an object that several
    /// tiles show is found once. The authors' arithmetic looks at the whole picture alone.
    /// - Throws: what the same for a whole picture throws.
    public func find(_ concepts: [Concept], in encoding: TiledEncoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        if options.faithful { try requireOriginalModel() }
        for concept in concepts { try check(concept) }
        for view in encoding.views { try check(view.encoding) }
        let views = encoding.views.map { view in
            let encoding = features == nil ? Encoding(masks: view.encoding.masks) : view.encoding
            return (part: view.part, encoding: encoding, cells: Cells(encoding))
        }
        let searches = try concepts.map { concept in
            let walks = views.map {
                Walk(Scene($0.encoding, $0.cells, concept, sam), part: $0.part, of: encoding.size)
            }
            if options.faithful, let target = concept.original {
                return findOriginal(target, walks[0].scene)
            }
            return try Search(walks, options).run()
        }
        return Arbitration(searches, options).findings
    }

    /// Checks a concept's model and shapes: a file may name this model and still hold anything.
    package func check(_ concept: Concept) throws {
        try ConceptError.check(concept.className, learntWith: concept.model, model: sam.identity)
        try checkFeatures(of: concept)
        let own = sam.configuration.imageEncoder.outputChannels
        func check(_ vectors: [Tensor], _ channels: Int) throws {
            for vector in vectors where vector.shape != [channels] {
                throw ConceptError.channels(
                    concept: concept.className, found: vector.count, expected: channels)
            }
        }
        try check(
            concept.directions + concept.features + concept.afar + concept.negatives,
            features?.channels ?? own)
        try check([concept.target, concept.original?.embedding].compactMap(\.self), own)
        if let taught = concept.taught {
            try check([taught.place.weights], features?.channels ?? own)
            try check([taught.closer.weights], 3 * own)
            try check([taught.other?.weights].compactMap(\.self), 2 * (features?.channels ?? 0))
        }
        let masks = sam.configuration.maskDecoder.masks
        if masks != 3 && (concept.weights ?? concept.original?.weights) != nil {
            throw PerSAMError.conceptWeights(concept: concept.className, masks: masks)
        }
    }

    private func checkFeatures(of concept: Concept) throws(PerSAMError) {
        guard concept.featureIdentity.isSame(as: features?.identity) else {
            throw .conceptFeatures(
                concept: concept.className, learntWith: concept.featureIdentity, features: features?.identity)
        }
    }

    /// Finds the paper's one object in the arithmetic of the authors' code.
    private func findOriginal(_ target: Original.Target, _ scene: Scene) -> SearchResult {
        let concept = scene.concept
        let trace = Original(sam).find(target, in: scene.encoding)
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
