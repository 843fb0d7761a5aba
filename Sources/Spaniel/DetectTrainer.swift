package import OWLViT
package import SpanielImaging

/// OWL-ViT as it learns from labelled pictures.
package struct DetectTrainer: LabelledTrainer {
    package let owl: OWLViT
    private let options: OWLViT.LearnOptions
    private let texts: (String) -> [OWLViT.Text]
    private let negatives: (String) -> OWLViT.Examples

    /// - Parameters:
    ///   - texts: returns the texts of a class.
    ///   - negatives: returns the examples that a class must not be taken for.
    package init(
        _ owl: OWLViT, options: OWLViT.LearnOptions = OWLViT.LearnOptions(),
        texts: @escaping (String) -> [OWLViT.Text] = { _ in [] },
        negatives: @escaping (String) -> OWLViT.Examples = { _ in .none }
    ) {
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
}

extension DetectionEvidence {
    init(found: [(box: Box, score: Float)], _ labelled: [LabelledRegion]) {
        self.init(
            found: found, labelled: labelled.filter { !$0.isCrowd }.map(\.box),
            crowds: labelled.filter(\.isCrowd).map(\.box))
    }
}
