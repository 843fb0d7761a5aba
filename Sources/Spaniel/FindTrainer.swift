package import PerSAM
package import SpanielImaging

/// PerSAM as it learns from labelled pictures.
package struct FindTrainer: LabelledTrainer {
    private let persam: PerSAM
    private let options: PerSAM.LearnOptions
    private let negatives: (String) -> [Example]

    /// - Parameter negatives: returns the examples that a class must not be taken for.
    package init(
        _ persam: PerSAM, options: PerSAM.LearnOptions = PerSAM.LearnOptions(),
        negatives: @escaping (String) -> [Example] = { _ in [] }
    ) {
        (self.persam, self.options, self.negatives) = (persam, options, negatives)
    }

    package func scene(_ picture: Picture, _ labelled: [LabelledRegion]) throws -> PerSAM.Encoding {
        try persam.encode(picture)
    }

    /// Crops the object with its surroundings; the authors' arithmetic needs the whole picture.
    package func observe(
        _ region: Example.Region, className: String, in picture: Picture, _ scene: PerSAM.Encoding
    ) throws -> Example {
        let example = Example(picture, region: region, class: className)
        return options.faithful ? example : try persam.cutOut(example, scene.masks)
    }

    package func learn(
        _ className: String, _ examples: [(observation: Example, scene: PerSAM.Encoding)]
    ) throws -> PerSAM.Concept {
        try persam.learn(examples.map(\.observation), negatives: negatives(className), options: options)
    }

    package func threshold(of concept: PerSAM.Concept) -> Float { concept.threshold }

    package func set(_ threshold: Float, of concept: inout PerSAM.Concept) { concept.threshold = threshold }

    package func search(
        _ concept: PerSAM.Concept, by examples: [Int], of observations: [Example], in scene: PerSAM.Encoding,
        labelled: [LabelledRegion]
    ) throws -> DetectionEvidence? {
        if examples.isEmpty { return nil }
        var chosen = concept
        chosen.directions = examples.map { concept.directions[$0] }
        chosen.features = examples.map { concept.features[$0] }
        if !concept.afar.isEmpty { chosen.afar = examples.map { concept.afar[$0] } }
        // Candidates below the usual threshold count too, because the threshold is what is fitted.
        let found = try persam.find(chosen, in: scene).candidates.compactMap {
            candidate -> (box: Box, score: Float)? in
            guard candidate.verdict == .accepted || candidate.verdict == .weak, let box = candidate.box,
                let score = candidate.score
            else { return nil }
            return (box, score)
        }
        return DetectionEvidence(found: found, labelled)
    }
}
