package import OWLViT
package import PerSAM
package import SAM
package import SpanielImaging

/// OWL-ViT as it learns from labelled pictures.
package struct DetectTrainer: LabelledTrainer {
    package let owl: OWLViT
    private let options: OWLViT.LearnOptions
    private let texts: (String) -> [OWLViT.Text]
    private let negatives: (String) -> OWLViT.Examples
    private let closer: CloserDetector?

    /// - Parameters:
    ///   - texts: returns the texts of a class.
    ///   - negatives: returns the examples that a class must not be taken for.
    ///   - sam: makes boxes exact where classes are taught closer looks; nil teaches none.
    ///   - features: are asked beside the model in closer looks.
    package init(
        _ owl: OWLViT, options: OWLViT.LearnOptions = OWLViT.LearnOptions(),
        texts: @escaping (String) -> [OWLViT.Text] = { _ in [] },
        negatives: @escaping (String) -> OWLViT.Examples = { _ in .none }, sam: SAM? = nil,
        features: (any PerSAM.FeatureSource)? = nil
    ) {
        closer = sam.map { CloserDetector(owl, $0, features: features) }
        (self.owl, self.options, self.texts, self.negatives) = (owl, options, texts, negatives)
    }

    package func scene(_ picture: Picture, _ labelled: [LabelledRegion]) throws -> OWLViT.Encoding {
        try owl.encode(picture, preparation: options.preparation)
    }

    package func observe(
        _ region: Example.Region, className: String, in picture: Picture, _ scene: OWLViT.Encoding
    ) throws -> OWLViT.ObservedExample {
        try owl.observe(region, in: scene, texts(className), options)
    }

    package func learn(
        _ className: String, _ examples: [(observation: OWLViT.ObservedExample, scene: OWLViT.Encoding)]
    ) throws -> OWLViT.Concept {
        owl.concept(
            className, examples.map(\.observation), texts: texts(className), negatives: negatives(className),
            selection: options.selection)
    }

    package func threshold(of concept: OWLViT.Concept) -> Float {
        concept.threshold ?? concept.defaultThreshold
    }

    package func set(_ threshold: Float, of concept: inout OWLViT.Concept) { concept.threshold = threshold }

    package func search(
        _ concept: OWLViT.Concept, by examples: [Int], of observations: [OWLViT.ObservedExample],
        in scene: OWLViT.Encoding, labelled: [LabelledRegion]
    ) throws -> DetectionEvidence? {
        var chosen = concept
        chosen.examples.exemplars = examples.map { concept.examples.exemplars[$0] }
        if examples.isEmpty { return nil }
        let found = try owl.detect(
            chosen, in: scene, options: OWLViT.DetectOptions(threshold: 0, maximumObjects: 200))
        return DetectionEvidence(found: found.map { ($0.box, $0.score) }, labelled)
    }

    package var learnsTogether: Bool { closer != nil }

    /// Teaches closer looks to the classes that enough pictures show and that have no texts and no negatives
    /// of their own, if the classes are found better with them.
    package func together(
        _ learnt: [Alone<OWLViT.Concept>],
        _ scenes: [(scene: OWLViT.Encoding, labelled: [LabelledRegion])],
        picture: (_ scene: Int) throws -> Picture, seen note: () -> Void
    ) throws -> [(concept: OWLViT.Concept, verdict: HeldOutVerdict)?] {
        let usual = learnt.filter {
            $0.concept.texts.isEmpty && $0.concept.negatives.isEmpty && $0.concept.scoring == .calibrated
                && $0.isShownEnough
        }
        guard let closer, !usual.isEmpty else { return learnt.map { _ in nil } }
        let cascade = CloserDetector.Cascade(closer, preparation: options.preparation)
        let lessons = try CloserTraining(cascade, usual: OWLViT.Scale.exampleThreshold).learn(
            usual.map(\.concept.className), scenes.map { ($0.scene, $0.labelled) }, picture: picture,
            seen: note)
        return Self.better(learnt, lessons, than: usual, name: \.className) {
            $0.taught = closer.taught(by: $1)
            set($1.verdict.threshold, of: &$0)
        }
    }
}

extension DetectionEvidence {
    init(found: [(box: Box, score: Float)], _ labelled: [LabelledRegion]) {
        self.init(
            found: found, labelled: labelled.filter { !$0.isCrowd }.map(\.box),
            crowds: labelled.filter(\.isCrowd).map(\.box))
    }
}
