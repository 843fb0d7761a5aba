public import OWLViT
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
/// (`OWLViT.Concept.looksCloser`) is found as `OWLViT.detect` does.
public struct CloserDetector: Sendable {
    /// The model that detects.
    public let detector: OWLViT
    /// The model that makes boxes exact.
    public let sam: SAM

    /// Combines two loaded models.
    public init(_ detector: OWLViT, _ sam: SAM) {
        self.detector = detector
        self.sam = sam
    }

    /// A place, and what each of its boxes shows when seen alone.
    package struct Candidate: Sendable {
        package let place: OWLViT.Place
        /// The box of SAM's mask, if SAM was asked and saw something.
        package var mask: Box?
        /// What the place's own box shows, then what the mask's does, [2 C].
        package var looks: [Tensor]
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
            guard let masks = concept.taught?.masks else { continue }
            try ConceptError.check(concept.className, learntWith: masks, model: sam.identity)
        }
        let classifiers = concepts.compactMap(\.taught?.place)
        guard !classifiers.isEmpty else { return [] }
        return try detector.candidates(
            detector.places(by: classifiers, in: encoding), in: picture, encoding.preparation)
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
        var looks = try detector.looks(
            at: boxes.compactMap { $0.map { ($0, .upright) } }, in: picture, preparation: preparation)[...]
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
        let closer = looks.map(taught.closer.probability).max() ?? 0
        let logit = place.logits[index]
        return OWLViT.Detection(
            className: className, score: place.probability.squareRoot().squareRoot() * closer, logit: logit,
            probability: OWLViT.Scale.sigmoid(logit), place: place.probability, closer: closer,
            box: box(growth: Double(taught.growth)).intersection(Box(size)))
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

extension OWLViT {
    /// Looks at places, each in its own box.
    package func candidates(_ places: [Place], in picture: Picture, _ preparation: Preparation) throws
        -> [CloserDetector.Candidate]
    {
        let looks = try looks(
            at: places.map { ($0.box, .upright) }, in: picture, preparation: preparation)
        return zip(places, looks).map {
            CloserDetector.Candidate(place: $0, looks: [$1])
        }
    }
}

extension OWLViT.Detections {
    /// Adds candidates of one class.
    fileprivate mutating func add(_ candidates: [OWLViT.Detection], above threshold: Float) {
        objects += candidates.filter { $0.score > threshold }
        for candidate in candidates
        where candidate.score > best[candidate.className]?.score ?? -.infinity {
            best[candidate.className] = candidate
        }
    }

    /// Sorts the objects, the best first, of equals the first added; drops what a better one excludes.
    fileprivate mutating func settle(_ options: OWLViT.DetectOptions) {
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
