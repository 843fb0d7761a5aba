public import OWLViT
public import PerSAM
public import SAM
public import SpanielImaging
package import Tensor

/// Detects objects of well taught classes in three looks: where something is, what it is when seen alone, and
/// where exactly its edges are.
///
/// The places that OWL-ViT thinks likeliest are looked at one by one at the model's full size. Where that shows
/// one of the classes, SAM is asked for the mask in the box, then for the mask in that mask's box, and the
/// second mask's box is looked at too; the surer of both looks counts, and the box is the mask's, as much larger as
/// labelled objects are:
///
///     score = (probability that the place is of any of the classes)^¼ · probability of the closer look
///
/// The first look knows little of classes, so it counts little. A concept that was not taught closer looks
/// (`OWLViT.Concept.looksCloser`) is found as `OWLViT.detect` does. With another model's features a closer look
/// has two opinions, and the mean of their logits counts.
public struct CloserDetector: Sendable {
    /// The model that detects.
    public let detector: OWLViT
    /// The model that makes boxes exact.
    public let sam: SAM
    /// What is asked beside the detector in a closer look; nil asks nothing.
    public let features: (any PerSAM.FeatureSource)?

    /// Combines loaded models.
    public init(_ detector: OWLViT, _ sam: SAM, features: (any PerSAM.FeatureSource)? = nil) {
        self.detector = detector
        self.sam = sam
        self.features = features
    }

    /// Finds the objects of some classes.
    /// - Parameters:
    ///   - concepts: the classes.
    ///   - picture: the picture.
    ///   - encoding: OWL-ViT's encoding of the picture.
    ///   - options: which detections are returned; a closer look's box always lies in the picture.
    /// - Returns: the objects, the best score first.
    /// - Throws: what `OWLViT.detect` throws; `CancellationError`.
    public func detect(
        _ concepts: [OWLViT.Concept], in picture: Picture, _ encoding: OWLViT.Encoding,
        options: OWLViT.DetectOptions = OWLViT.DetectOptions()
    ) throws -> OWLViT.Detections {
        var candidates = try candidates(concepts, in: picture, encoding)
        let closer = concepts.compactMap(\.taught?.closer)
        if candidates.contains(where: { $0.isWorthAsking(closer) }) {
            candidates = try exact(candidates, closer, in: picture, sam.encode(picture), encoding.preparation)
        }
        return try detections(concepts, candidates, in: encoding, options: options)
    }

    /// Looks at the places that may be of any class that was taught closer looks.
    /// - Throws: `ConceptError` for a concept of another model; `CancellationError`.
    package func candidates(
        _ concepts: [OWLViT.Concept], in picture: Picture, _ encoding: OWLViT.Encoding
    ) throws -> [CloserCandidate] {
        for concept in concepts {
            try detector.check(concept)
            guard let taught = concept.taught else { continue }
            try ConceptError.check(concept.className, learntWith: taught.masks, model: sam.identity)
            try check(taught, of: concept.className)
        }
        let classifiers = concepts.compactMap(\.taught?.place)
        guard !classifiers.isEmpty else { return [] }
        return try candidates(by: classifiers, in: picture, encoding, atMost: OWLViT.usualPlaces)
    }

    private func candidates(
        by classifiers: [LinearClassifier], in picture: Picture, _ encoding: OWLViT.Encoding,
        atMost count: Int
    ) throws -> [CloserCandidate] {
        let places = detector.places(by: classifiers, in: encoding, atMost: count)
        let looks = try looks(at: places.map { ($0.box, .upright) }, in: picture, encoding.preparation)
        return zip(places, looks).map { CloserCandidate(box: $0.box, logits: $0.logits, looks: [$1]) }
    }

    /// Looks at boxes, each alone, with both models if there are two.
    private func looks(at glances: [Glance], in picture: Picture, _ preparation: OWLViT.Preparation) throws
        -> [CloserLook]
    {
        let own = try detector.looks(at: glances, in: picture, preparation: preparation)
        return CloserLook.both(own, try features?.looks(at: glances, in: picture))
    }

    /// Checks that a class was taught with these features.
    private func check(_ taught: OWLViT.Taught, of className: String) throws {
        guard (taught.evidence?.identity).isSame(as: features?.identity) else {
            throw PerSAMError.conceptFeatures(
                concept: className, learntWith: taught.evidence?.identity, features: features?.identity)
        }
        guard let features, let weights = taught.evidence?.classifier.weights else { return }
        if weights.shape != [2 * features.channels] {
            throw ConceptError.channels(
                concept: className, found: weights.count, expected: 2 * features.channels)
        }
    }

    /// Asks SAM about the places that are worth it, and looks at its masks' boxes.
    package func exact(
        _ candidates: [CloserCandidate], _ closer: [LinearClassifier], in picture: Picture,
        _ scene: SAM.Encoding, _ preparation: OWLViT.Preparation
    ) throws -> [CloserCandidate] {
        let boxes = try candidates.map { candidate -> Box? in
            try Task.checkCancellation()
            guard candidate.isWorthAsking(closer),
                let rough = try sam.mask(inBox: candidate.box, in: scene)?.mask.box
            else { return nil }
            return try sam.mask(inBox: rough, in: scene)?.mask.box ?? rough
        }
        var looks = try looks(
            at: boxes.compactMap { $0.map { ($0, .upright) } }, in: picture, preparation)[...]
        return zip(candidates, boxes).map { candidate, box in
            guard let box, let look = looks.popFirst() else { return candidate }
            var exact = candidate
            exact.mask = box
            exact.looks.append(look)
            return exact
        }
    }

    /// Returns what was found at some places, and what classes that were not taught closer looks find.
    package func detections(
        _ concepts: [OWLViT.Concept], _ candidates: [CloserCandidate], in encoding: OWLViT.Encoding,
        options: OWLViT.DetectOptions
    ) throws -> OWLViT.Detections {
        var all = options
        all.maximumObjects = nil
        var detections = try detector.detect(
            concepts.filter { !$0.looksCloser }, in: encoding, options: all)
        for (index, concept) in concepts.filter(\.looksCloser).enumerated() {
            let threshold = try detector.threshold(of: concept, options)
            let known = detections.thresholds[concept.className]
            detections.thresholds[concept.className] = min(threshold, known ?? threshold)
            guard let taught = concept.taught else { continue }
            detections.add(
                candidates.map { $0.detection(concept.className, index, taught, in: encoding.size) },
                above: threshold)
        }
        detections.settle(options)
        return detections
    }
}

extension CloserDetector {
    /// What a lesson makes of a class.
    package func taught(by lesson: CloserLesson) -> OWLViT.Taught {
        OWLViT.Taught(
            place: lesson.place, closer: lesson.closer.own, growth: lesson.growth, masks: sam.identity,
            evidence: features.flatMap { features in
                lesson.closer.other.map { OWLViT.FeatureClassifier($0, features.identity) }
            })
    }

    /// The detector as it is taught: so many places suffice to see what else is taken for a class.
    package struct Cascade: CloserCascade {
        private let closer: CloserDetector
        private let preparation: OWLViT.Preparation
        private static let places = OWLViT.usualPlaces

        package init(_ closer: CloserDetector, preparation: OWLViT.Preparation) {
            (self.closer, self.preparation) = (closer, preparation)
        }

        package func size(of encoding: OWLViT.Encoding) -> Size { encoding.size }

        package func rows(_ scenes: [(encoding: OWLViT.Encoding, labelled: [LabelledRegion])]) -> PatchRows {
            PatchRows(scenes)
        }

        package func candidates(
            by classifiers: [LinearClassifier], in picture: Picture, _ encoding: OWLViT.Encoding
        ) throws -> [CloserCandidate] {
            try closer.candidates(by: classifiers, in: picture, encoding, atMost: Self.places)
        }

        package func looks(at glances: [Glance], in picture: Picture) throws -> [CloserLook] {
            try closer.looks(at: glances, in: picture, preparation)
        }

        package func exact(
            _ candidates: [CloserCandidate], _ classifiers: [LinearClassifier], in picture: Picture,
            _ encoding: OWLViT.Encoding
        ) throws -> [CloserCandidate] {
            try closer.exact(candidates, classifiers, in: picture, closer.sam.encode(picture), preparation)
        }
    }
}

extension CloserCandidate {
    /// How much the place is of a class, by the surest of its looks.
    /// - Parameters:
    ///   - index: of the class among those that the place has logits of.
    ///   - size: the picture's.
    fileprivate func detection(
        _ className: String, _ index: Int, _ taught: OWLViT.Taught, in size: Size
    ) -> OWLViT.Detection {
        let opinion = opinion(
            of: CloserClassifier(own: taught.closer, other: taught.evidence?.classifier))
        var detection = OWLViT.Detection(
            className: className, score: score(opinion), logit: logits[index],
            probability: OWLViT.Scale.sigmoid(logits[index]), place: probability,
            closer: opinion.probability,
            box: box(growth: Double(taught.growth)).intersection(Box(size)))
        detection.features = opinion.other.map(OWLViT.Scale.sigmoid)
        detection.isDecidedByFeatures = opinion.isDecidedByOther
        return detection
    }
}

extension OWLViT.Detections {
    /// Adds candidates of one class.
    mutating func add(_ candidates: [OWLViT.Detection], above threshold: Float) {
        objects += candidates.filter { $0.score > threshold }
        for candidate in candidates
        where candidate.score > best[candidate.className]?.score ?? -.infinity {
            best[candidate.className] = candidate
        }
    }

    /// Sorts the objects, the best first, of equals the first added; drops what a better one excludes.
    mutating func settle(_ options: OWLViT.DetectOptions) {
        let sorted = objects.indices.sorted {
            (objects[$1].score, $0) < (objects[$0].score, $1)
        }.map { objects[$0] }
        objects = sorted.suppressed(options.suppression)
        if let maximum = options.maximumObjects { objects = Array(objects.prefix(Swift.max(0, maximum))) }
    }
}

extension [OWLViT.Detection] {
    /// Goes through detections from the best down and drops those that overlap a better one.
    package func suppressed(_ suppression: OWLViT.DetectOptions.Suppression) -> [OWLViT.Detection] {
        kept { better, other in
            switch suppression {
            case .none: false
            case .classWise(let iou): better.className == other.className && better.box.iou(other.box) > iou
            case .classFree(let iou): better.box.iou(other.box) > iou
            }
        }
    }
}
