import SpanielImaging
import Tensor

extension OWLViT {
    /// The objects of one class in a picture.
    public func detect(_ concept: Concept, in encoding: Encoding, options: DetectOptions = DetectOptions())
        throws -> Detections
    {
        try detect([concept], in: encoding, options: options)
    }

    /// The objects of several classes; a patch is of the class that fits it best.
    /// - Returns: sorted by score.
    /// - Throws: `OWLViTError` for a concept of another model or a threshold that is no score.
    public func detect(_ concepts: [Concept], in encoding: Encoding, options: DetectOptions = DetectOptions())
        throws -> Detections
    {
        for concept in concepts { try check(concept) }
        let thresholds = try concepts.map { concept in
            let threshold =
                options.thresholds[concept.className] ?? options.threshold ?? concept.threshold
                ?? concept.defaultThreshold
            guard (0...1).contains(threshold) else { throw OWLViTError.threshold(threshold) }
            return threshold
        }
        let queries = Queries(concepts)
        var best = [Claim?](repeating: nil, count: concepts.count)
        var found: [Claim] = []
        for (number, view) in encoding.views.enumerated() {
            // Of each patch, the class that claims it most among those whose threshold it exceeds.
            var winners = [Claim?](repeating: nil, count: view.patches.count)
            for claim in queries.claims(view, number: number).joined()
            where visible(claim.box, in: encoding, options) != nil {
                if claim.margin > best[claim.concept]?.margin ?? -.infinity { best[claim.concept] = claim }
                if claim.score > thresholds[claim.concept],
                    claim.margin > winners[claim.patch]?.margin ?? -.infinity
                {
                    winners[claim.patch] = claim
                }
            }
            found += winners.compactMap { $0 }.filter {
                number == 0 || !isCut($0.box, by: view.frame, of: encoding.size)
            }
        }
        if encoding.views.count > 1 { found = Self.merged(found) }
        found = Self.suppressed(found, options.suppression)
        func detection(_ claim: Claim) -> Detection {
            Detection(
                className: concepts[claim.concept].className, score: claim.score, logit: claim.logit,
                probability: Scale.sigmoid(claim.logit), similarity: claim.similarity,
                objectness: encoding.views[claim.view].patches.objectness.map {
                    Scale.sigmoid($0[claim.patch])
                },
                box: visible(claim.box, in: encoding, options) ?? claim.box)
        }
        // Concepts of one name are one class.
        let names = concepts.map(\.className)
        var bests: [String: Claim] = [:]
        for claim in best.compactMap({ $0 })
        where claim.score > bests[names[claim.concept]]?.score ?? -.infinity {
            bests[names[claim.concept]] = claim
        }
        let objects = Self.sorted(found).prefix(max(0, options.maximumObjects ?? .max)).map(detection)
        return Detections(
            objects: objects, best: bests.mapValues(detection),
            thresholds: Dictionary(zip(names, thresholds), uniquingKeysWith: min))
    }

    /// A box as it is shown; nil when nothing of it lies in the picture.
    private func visible(_ box: Box, in encoding: Encoding, _ options: DetectOptions) -> Box? {
        guard options.clips else { return box }
        let whole = Box(encoding.size)
        let clipped = box.intersection(whole)
        return clipped.area > 0 ? clipped : nil
    }

    private func check(_ concept: Concept) throws {
        try ConceptError.check(concept.className, learntWith: concept.model, model: identity)
        // A file may name this model and still hold anything.
        let vectors =
            concept.texts.map(\.embedding)
            + (concept.examples.exemplars + concept.negatives.exemplars).map(\.embedding)
        for vector in vectors where vector.shape != [configuration.embedding] {
            throw ConceptError.channels(
                concept: concept.className, found: vector.count, expected: configuration.embedding)
        }
    }
}
