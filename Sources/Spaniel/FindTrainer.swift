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

    package var learnsTogether: Bool { !options.faithful && !options.fineTune }

    /// A search takes as long as three closer looks, and there is one for each class and picture.
    package var mostPicturesAlone: Int { 12 }

    /// Teaches closer looks to the classes that enough pictures show and that have no negatives of their own,
    /// if the classes are found better with them.
    package func together(
        _ learnt: [Alone<PerSAM.Concept>],
        _ scenes: [(scene: PerSAM.Encoding, labelled: [LabelledRegion])],
        picture: (_ scene: Int) throws -> Picture, seen note: () -> Void
    ) throws -> [(concept: PerSAM.Concept, verdict: HeldOutVerdict)?] {
        let usual = learnt.filter { $0.concept.negatives.isEmpty && $0.isShownEnough }
        let training = CloserTraining(
            CloserFinder.Cascade(CloserFinder(persam)), looks: Self.looks, usual: Self.usualThreshold)
        let lessons = try training.learn(
            usual.map(\.concept.className), scenes.map { ($0.scene, $0.labelled) }, picture: picture,
            seen: note)
        return Self.better(learnt, lessons, than: usual, name: \.className) {
            $0.taught = PerSAM.Taught(
                place: $1.place, closer: $1.closer.own, other: $1.closer.other, growth: $1.growth,
                alone: $0.threshold)
            $0.threshold = $1.verdict.threshold
        }
    }

    /// How the second look is learnt: SAM's features vary more between pictures than OWL-ViT's.
    private static let looks = LookRows.Options(variants: 2, ridge: 10)
    /// The threshold of a class that nothing else is taken for.
    private static let usualThreshold: Float = 0.4
}
