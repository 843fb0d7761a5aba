public import OWLViT
public import PerSAM
public import SpanielImaging
import Tensor

/// Detects by examples with OWL-ViT and asks another model's features about each box.
///
///     let detector = EvidenceDetector(owl, try DINOv2Features(dino, longestSide: 168))
///     let boot = try detector.learn([Example(picture, box: box, class: "boot")])
///     let found = try detector.detect([boot], in: scene, owl.encode(scene))
///
/// Each of OWL-ViT's likeliest boxes is looked at alone, and the score is the mean of both opinions:
///
///     score = √(OWL-ViT's score · likeness of the features to the nearest example)
public struct EvidenceDetector: Sendable {
    /// The model that detects.
    public let detector: OWLViT
    /// The features that are asked.
    public let features: any PerSAM.FeatureSource

    /// The most boxes of a class whose features are asked for.
    private static let mostLooks = 20

    /// Combines two loaded models.
    public init(_ detector: OWLViT, _ features: any PerSAM.FeatureSource) {
        self.detector = detector
        self.features = features
    }

    /// Learns a class from examples, with both models.
    /// - Throws: what `OWLViT.learn` throws.
    public func learn(
        _ examples: [Example], texts: [OWLViT.Text] = [], negatives: [Example] = [],
        options: OWLViT.LearnOptions = OWLViT.LearnOptions()
    ) throws -> OWLViT.Concept {
        var concept = try detector.learn(examples, texts: texts, negatives: negatives, options: options)
        concept.evidence = try features.learn(examples, negatives: negatives)
        return concept
    }

    /// Finds the objects of some classes; one without examples is found by OWL-ViT alone.
    /// - Parameters:
    ///   - concepts: the classes.
    ///   - picture: the picture.
    ///   - encoding: OWL-ViT's encoding of the picture.
    ///   - options: how many objects at most, from which score on.
    /// - Returns: the objects, the best score first.
    /// - Throws: what `OWLViT.detect` throws; `CancellationError`.
    public func detect(
        _ concepts: [OWLViT.Concept], in picture: Picture, _ encoding: OWLViT.Encoding,
        options: OWLViT.DetectOptions = OWLViT.DetectOptions()
    ) throws -> OWLViT.Detections {
        var all = options
        all.maximumObjects = nil
        var detections = try detector.detect(
            concepts.filter { $0.evidence == nil }, in: encoding, options: all)
        for concept in concepts {
            guard let evidence = concept.evidence else { continue }
            let threshold = try detector.threshold(of: concept, options)
            // A box that OWL-ViT scores lower cannot reach the threshold whatever the features say.
            var likely = options
            (likely.threshold, likely.thresholds) = (threshold * threshold, [:])
            likely.maximumObjects = Self.mostLooks
            let found = try detector.detect(concept, in: encoding, options: likely)
            let places = found.isEmpty ? Array(found.best.values) : Array(found)
            let looks = try features.looks(at: places.map { ($0.box, .upright) }, in: picture)
            let judged = zip(places, looks).map { $0.judged(by: evidence.likeness($1.l2Normalized())) }
            let known = detections.thresholds[concept.className]
            detections.thresholds[concept.className] = min(threshold, known ?? threshold)
            detections.add(judged, above: threshold)
        }
        detections.settle(options)
        return detections
    }
}

extension OWLViT.Detection {
    /// The same with the features' likeness in its score; the lower of the two opinions decides.
    fileprivate func judged(by likeness: Float) -> OWLViT.Detection {
        var judged = self
        judged.score = (score * likeness).squareRoot()
        judged.features = likeness
        judged.isDecidedByFeatures = likeness < score
        return judged
    }
}
