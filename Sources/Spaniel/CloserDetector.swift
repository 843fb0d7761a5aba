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

    /// A place, and what each of its boxes shows when seen alone.
    package struct Candidate: Sendable {
        package let place: OWLViT.Place
        /// The box of SAM's mask, if SAM was asked and saw something.
        package var mask: Box?
        /// What the place's own box shows, then what the mask's does, [2 C].
        package var looks: [Tensor]
        /// The same with the other features, if they are asked.
        package var evidence: [Tensor] = []
    }

    /// The probability of any class from which SAM is asked about a place.
    private static let worthAsking: Float = 0.05

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
        if Self.areWorthAsking(candidates, closer) {
            candidates = try exact(candidates, closer, in: picture, sam.encode(picture), encoding.preparation)
        }
        return try detections(concepts, candidates, in: encoding, options: options)
    }

    /// Looks at the places that may be of any class that was taught closer looks.
    /// - Throws: `ConceptError` for a concept of another model; `CancellationError`.
    package func candidates(
        _ concepts: [OWLViT.Concept], in picture: Picture, _ encoding: OWLViT.Encoding
    ) throws -> [Candidate] {
        for concept in concepts {
            try detector.check(concept)
            guard let taught = concept.taught else { continue }
            try ConceptError.check(concept.className, learntWith: taught.masks, model: sam.identity)
            try check(taught, of: concept.className)
        }
        let classifiers = concepts.compactMap(\.taught?.place)
        guard !classifiers.isEmpty else { return [] }
        return try candidates(
            detector.places(by: classifiers, in: encoding), in: picture, encoding.preparation)
    }

    /// Looks at places, each in its own box.
    package func candidates(
        _ places: [OWLViT.Place], in picture: Picture, _ preparation: OWLViT.Preparation
    ) throws -> [Candidate] {
        let glances = places.map { OWLViT.Glance($0.box, .upright) }
        let looks = try detector.looks(at: glances, in: picture, preparation: preparation)
        let evidence = try features?.looks(at: glances, in: picture)
        return places.indices.map { i in
            Candidate(place: places[i], looks: [looks[i]], evidence: evidence.map { [$0[i]] } ?? [])
        }
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

    /// Whether SAM is to be asked about any of some places.
    /// - Parameter closer: each class's classifier of looks.
    package static func areWorthAsking(_ candidates: [Candidate], _ closer: [OWLViT.LinearClassifier]) -> Bool
    {
        candidates.contains { isWorthAsking($0, closer) }
    }

    private static func isWorthAsking(_ candidate: Candidate, _ closer: [OWLViT.LinearClassifier]) -> Bool {
        closer.contains { $0.probability(of: candidate.looks[0]) >= worthAsking }
    }

    /// Asks SAM about the places that are worth it, and looks at its masks' boxes.
    package func exact(
        _ candidates: [Candidate], _ closer: [OWLViT.LinearClassifier], in picture: Picture,
        _ scene: SAM.Encoding, _ preparation: OWLViT.Preparation
    ) throws -> [Candidate] {
        let boxes = try candidates.map { candidate -> Box? in
            try Task.checkCancellation()
            guard Self.isWorthAsking(candidate, closer),
                let rough = try sam.mask(inBox: candidate.place.box, in: scene)?.mask.box
            else { return nil }
            return try sam.mask(inBox: rough, in: scene)?.mask.box ?? rough
        }
        let glances = boxes.compactMap { $0.map { OWLViT.Glance($0, .upright) } }
        var looks = try detector.looks(at: glances, in: picture, preparation: preparation)[...]
        var evidence = try features?.looks(at: glances, in: picture)[...]
        return zip(candidates, boxes).map { candidate, box in
            guard let box, let look = looks.popFirst() else { return candidate }
            var exact = candidate
            exact.mask = box
            exact.looks.append(look)
            if let other = evidence?.popFirst() { exact.evidence.append(other) }
            return exact
        }
    }

    /// Returns what was found at some places, and what classes that were not taught closer looks find.
    package func detections(
        _ concepts: [OWLViT.Concept], _ candidates: [Candidate], in encoding: OWLViT.Encoding,
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

extension CloserDetector.Candidate {
    /// How much the place is of a class, by the surest of its looks.
    /// - Parameters:
    ///   - index: of the class among those that the place has logits of.
    ///   - size: the picture's.
    package func detection(
        _ className: String, _ index: Int, _ taught: OWLViT.Taught, in size: Size
    ) -> OWLViT.Detection {
        let opinions = opinions(taught)
        let best = opinions.max { $0.mean < $1.mean }
        let closer = best.map { OWLViT.Scale.sigmoid($0.mean) } ?? 0
        let logit = place.logits[index]
        var detection = OWLViT.Detection(
            className: className, score: place.probability.squareRoot().squareRoot() * closer, logit: logit,
            probability: OWLViT.Scale.sigmoid(logit), place: place.probability, closer: closer,
            box: box(growth: Double(taught.growth)).intersection(Box(size)))
        if let other = best?.features {
            detection.features = OWLViT.Scale.sigmoid(other)
            detection.isDecidedByFeatures = abs(other) > abs(best?.own ?? 0)
        }
        return detection
    }

    /// What each look says of a class: the logit of the model's own features, that of the others.
    private func opinions(_ taught: OWLViT.Taught) -> [(own: Float, features: Float?, mean: Float)] {
        func logit(_ classifier: OWLViT.LinearClassifier, _ look: Tensor) -> Float {
            classifier.logits(of: look.reshaped([1, look.count]))[0]
        }
        return looks.indices.map { i in
            let own = logit(taught.closer, looks[i])
            guard let classifier = taught.evidence?.classifier, i < evidence.count else {
                return (own, nil, own)
            }
            let other = logit(classifier, evidence[i])
            return (own, other, (own + other) / 2)
        }
    }

    /// The mask's box, its middle moved a quarter of the way to the place's, and larger by a factor; without a
    /// mask the place's box.
    private func box(growth: Double) -> Box {
        guard let mask else { return place.box }
        let x = 0.75 * mask.center.x + 0.25 * place.box.center.x
        let y = 0.75 * mask.center.y + 0.25 * place.box.center.y
        let (width, height) = (growth * mask.width / 2, growth * mask.height / 2)
        return Box(x1: x - width, y1: y - height, x2: x + width, y2: y + height)
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
        var kept: [OWLViT.Detection] = []
        for detection in self {
            let isDropped = kept.contains { better in
                switch suppression {
                case .none: false
                case .classWise(let iou):
                    better.className == detection.className && better.box.iou(detection.box) > iou
                case .classFree(let iou): better.box.iou(detection.box) > iou
                }
            }
            if !isDropped { kept.append(detection) }
        }
        return kept
    }
}
