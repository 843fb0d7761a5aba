package import PerSAM
package import SpanielImaging

/// PerSAM learning from labelled pictures.
package struct FindLesson: Lesson {
    private let persam: PerSAM
    private let options: PerSAM.LearnOptions
    private let negatives: (String) -> [Example]

    /// - Parameter negatives: what a class must not be taken for.
    package init(
        _ persam: PerSAM, options: PerSAM.LearnOptions = PerSAM.LearnOptions(),
        negatives: @escaping (String) -> [Example] = { _ in [] }
    ) {
        (self.persam, self.options, self.negatives) = (persam, options, negatives)
    }

    package func scene(_ picture: Picture, _ labelled: [LabelledRegion]) throws -> SAM.Encoding {
        try persam.encode(picture)
    }

    /// The object and its surroundings, cut out; the original code's arithmetic needs the whole picture.
    package func look(
        at region: Example.Region, className: String, in picture: Picture, _ scene: SAM.Encoding
    ) throws -> Example {
        let example = Example(picture, region: region, class: className)
        return options.faithful ? example : try persam.cutOut(example, scene)
    }

    package func learn(_ className: String, _ examples: [(taught: Example, scene: SAM.Encoding)]) throws
        -> PerSAM.Concept
    {
        try persam.learn(examples.map(\.taught), negatives: negatives(className), options: options)
    }

    package func threshold(of learnt: PerSAM.Concept) -> Float { learnt.threshold }

    package func set(_ threshold: Float, of learnt: inout PerSAM.Concept) { learnt.threshold = threshold }

    package func search(
        _ learnt: PerSAM.Concept, by examples: [Int], of taught: [Example], in scene: SAM.Encoding,
        labelled: [LabelledRegion]
    ) throws -> Sightings? {
        if examples.isEmpty { return nil }
        var concept = learnt
        concept.directions = examples.map { learnt.directions[$0] }
        concept.features = examples.map { learnt.features[$0] }
        // What is too weak for the usual threshold counts too: the threshold is what is sought.
        let found = try persam.find(concept, in: scene).candidates.compactMap {
            candidate -> (box: Box, score: Float)? in
            guard candidate.verdict == .accepted || candidate.verdict == .weak, let box = candidate.box,
                let score = candidate.score
            else { return nil }
            return (box, score)
        }
        return Sightings(found: found, labelled)
    }
}
