import Logging
import Spaniel

extension ExampleReading.Class {
    /// What the class's examples teach PerSAM.
    func learn(with persam: PerSAM, _ options: PerSAM.LearnOptions) throws -> PerSAM.Concept {
        try learn { try persam.learn(examples, negatives: negatives, options: options) }
    }

    /// What the class's texts and examples are to CLIPSeg. With both, each text is mixed with the examples'
    /// mean.
    ///
    /// - Parameter mix: how much the examples count, 0…1.
    func learn(with clipseg: CLIPSeg, mix: Double, rotations: Bool) throws -> CLIPSeg.Concept {
        let words = texts.isEmpty ? [] : try clipseg.embed(texts)
        guard !examples.isEmpty else { return try clipseg.concept(name, words) }
        return try learn {
            let shown = try clipseg.learn(examples, rotations: rotations)
            guard !words.isEmpty else { return try clipseg.concept(name, [shown]) }
            return try clipseg.concept(name, words.map { try .mix(text: $0, example: shown, weight: mix) })
        }
    }

    /// What the class's texts and examples are to OWL-ViT, and the examples to other features.
    func learn(with owl: OWLViT, _ options: OWLViT.LearnOptions, _ features: DINOv2Features? = nil) throws
        -> OWLViT.Concept
    {
        let words = try owl.embed(texts)
        guard examples.isEmpty else {
            return try learn {
                var concept = try owl.learn(
                    examples, texts: words, negatives: negatives, options: options)
                concept.evidence = try features?.learn(examples, negatives: negatives)
                return concept
            }
        }
        var concept = try owl.concept(name, texts: words)
        concept.negatives = try negativeExamples(with: owl, options)
        return concept
    }

    /// What the class must not be taken for, as OWL-ViT sees it.
    func negativeExamples(with owl: OWLViT, _ options: OWLViT.LearnOptions) throws -> OWLViT.Examples {
        guard !negatives.isEmpty else { return .none }
        let against = negatives.map { Example($0.picture, region: $0.region, class: name) }
        return try learn { try owl.learn(against, options: options).examples }
    }
}

extension [ExampleReading.Class] {
    /// Says what is probably not meant: examples without a class beside a text, which make a class of their
    /// own.
    func noteStrayExamples(to log: Logger) {
        guard count == 2, let words = first(where: { $0.examples.isEmpty }),
            let shown = first(where: { $0.texts.isEmpty && $0.name == ExampleArgument.defaultClass })
        else { return }
        log.notice(
            "the examples are a class of their own, \"\(shown.name)\"; to join them to the text write --example \"\(words.name)=IMG…\""
        )
    }
}
