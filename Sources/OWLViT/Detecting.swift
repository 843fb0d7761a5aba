import SpanielImaging
import Tensor

extension OWLViT {
    /// Finds the objects of one class in an encoded picture.
    ///
    ///     let found = try owl.detect(boot, in: shelf, options: .init(threshold: 0.2))
    ///     print(found.count, found.best["boot"]!.score) // 2 0.416…
    ///
    /// - Throws: `ConceptError` for a concept of another model; `OWLViTError.threshold`.
    public func detect(_ concept: Concept, in encoding: Encoding, options: DetectOptions = DetectOptions())
        throws -> Detections
    {
        try detect([concept], in: encoding, options: options)
    }

    /// Finds the objects of several classes in an encoded picture; each patch belongs to the class that fits
    /// it best. Concepts of one name are one class.
    /// - Returns: the objects, the best score first.
    /// - Throws: `ConceptError` for a concept of another model; `OWLViTError.threshold`.
    public func detect(_ concepts: [Concept], in encoding: Encoding, options: DetectOptions = DetectOptions())
        throws -> Detections
    {
        for concept in concepts { try check(concept) }
        let thresholds = try concepts.map { try threshold(of: $0, options) }
        let queries = Queries(concepts)
        var best = [PatchScore?](repeating: nil, count: concepts.count)
        var found: [PatchScore] = []
        for (number, view) in encoding.views.enumerated() {
            // For each patch, the best class among those whose threshold it exceeds.
            var winners = [PatchScore?](repeating: nil, count: view.patches.count)
            for candidate in queries.patchScores(view, number: number).joined()
            where visible(candidate.box, in: encoding, options) != nil {
                if candidate.margin > best[candidate.concept]?.margin ?? -.infinity {
                    best[candidate.concept] = candidate
                }
                if candidate.score > thresholds[candidate.concept],
                    candidate.margin > winners[candidate.patch]?.margin ?? -.infinity
                {
                    winners[candidate.patch] = candidate
                }
            }
            found += winners.compactMap { $0 }.filter {
                number == 0 || !Tiles.isCut($0.box, by: view.frame.part, of: encoding.size)
            }
        }
        if encoding.views.count > 1 { found = Self.merged(found) }
        found = Self.suppressed(found, options.suppression)
        func detection(_ candidate: PatchScore) -> Detection {
            Detection(
                className: concepts[candidate.concept].className, score: candidate.score,
                logit: candidate.logit, probability: Scale.sigmoid(candidate.logit),
                similarity: candidate.similarity,
                objectness: encoding.views[candidate.view].patches.objectness.map {
                    Scale.sigmoid($0[candidate.patch])
                },
                box: visible(candidate.box, in: encoding, options) ?? candidate.box)
        }
        // Concepts of one name are one class.
        let names = concepts.map(\.className)
        var bests: [String: PatchScore] = [:]
        for candidate in best.compactMap({ $0 })
        where candidate.score > bests[names[candidate.concept]]?.score ?? -.infinity {
            bests[names[candidate.concept]] = candidate
        }
        let objects = Self.sorted(found).prefix(max(0, options.maximumObjects ?? .max)).map(detection)
        return Detections(
            objects: objects, best: bests.mapValues(detection),
            thresholds: Dictionary(zip(names, thresholds), uniquingKeysWith: min))
    }

    /// The score above which an object of a class counts as found.
    /// - Throws: `OWLViTError.threshold`.
    package func threshold(of concept: Concept, _ options: DetectOptions) throws(OWLViTError) -> Float {
        let threshold =
            options.thresholds[concept.className] ?? options.threshold ?? concept.threshold
            ?? concept.defaultThreshold
        guard (0...1).contains(threshold) else { throw OWLViTError.threshold(threshold) }
        return threshold
    }

    /// Clips a box to the picture unless the options say otherwise; nil if it lies outside.
    private func visible(_ box: Box, in encoding: Encoding, _ options: DetectOptions) -> Box? {
        guard options.clips else { return box }
        let whole = Box(encoding.size)
        let clipped = box.intersection(whole)
        return clipped.area > 0 ? clipped : nil
    }

    /// Refuses a concept that this model did not learn.
    package func check(_ concept: Concept) throws {
        try ConceptError.check(concept.className, learntWith: concept.model, model: identity)
        // A file may name this model and still hold anything.
        let vectors =
            concept.texts.map(\.embedding)
            + (concept.examples.exemplars + concept.negatives.exemplars).map(\.embedding)
        for vector in vectors where vector.shape != [configuration.embedding] {
            throw ConceptError.channels(
                concept: concept.className, found: vector.count, expected: configuration.embedding)
        }
        guard let taught = concept.taught else { return }
        let channels = configuration.channels
        for (vector, expected) in [(taught.place.weights, channels), (taught.closer.weights, 2 * channels)]
        where vector.shape != [expected] {
            throw ConceptError.channels(
                concept: concept.className, found: vector.count, expected: expected)
        }
    }
}
