package import OWLViT
package import SpanielImaging

/// OWL-ViT learning from labelled pictures.
package struct DetectLesson: Lesson {
    package let owl: OWLViT
    private let options: OWLViT.LearnOptions
    private let texts: (String) -> [OWLViT.Text]
    private let negatives: (String) -> OWLViT.Examples

    /// - Parameters:
    ///   - texts: a class's words.
    ///   - negatives: what a class must not be taken for.
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

    package func look(
        at region: Example.Region, className: String, in picture: Picture, _ scene: OWLViT.Encoding
    ) throws -> OWLViT.Seen {
        try owl.look(at: region, in: scene, texts(className), options)
    }

    package func learn(
        _ className: String, _ examples: [(taught: OWLViT.Seen, scene: OWLViT.Encoding)]
    ) throws -> OWLViT.Concept {
        owl.concept(
            className, examples.map(\.taught), texts: texts(className), negatives: negatives(className),
            selection: options.selection)
    }

    package func threshold(of learnt: OWLViT.Concept) -> Float { learnt.threshold ?? learnt.defaultThreshold }

    package func set(_ threshold: Float, of learnt: inout OWLViT.Concept) { learnt.threshold = threshold }

    package func search(
        _ learnt: OWLViT.Concept, by examples: [Int], of taught: [OWLViT.Seen], in scene: OWLViT.Encoding,
        labelled: [LabelledRegion]
    ) throws -> Sightings? {
        var concept = learnt
        concept.examples.exemplars = examples.map { learnt.examples.exemplars[$0] }
        if examples.isEmpty { return nil }
        let found = try owl.detect(
            concept, in: scene, options: OWLViT.DetectOptions(threshold: 0, maximumObjects: 200))
        return Sightings(found: found.map { ($0.box, $0.score) }, labelled)
    }
}

extension Sightings {
    init(found: [(box: Box, score: Float)], _ labelled: [LabelledRegion]) {
        self.init(
            found: found, labelled: labelled.filter { !$0.isCrowd }.map(\.box),
            crowds: labelled.filter(\.isCrowd).map(\.box))
    }
}
