import Logging
import Spaniel
import SpanielAnnotations
import SpanielImaging
import SpanielPlatform

extension LearnCommand {
    /// The most searches a class for examples that hurt: a minute or so each, of `find` for all of them.
    private static let budgets: [TaskName: Int] = [.find: 500, .segment: 1000, .detect: 5000]

    /// `--from`: learns from a labelled set, together with texts and negatives.
    func run(from source: AnnotationArgument, _ reading: inout ExampleReading) throws {
        var options = AnnotationOptions()
        options.pictures = pictures.map { URL(filePath: $0) }
        labels.apply(to: &options)
        let labelled = try source.read(options, log: log)
        let set = labels.applied(to: labelled.set)
        let learning = LabelledLearning(
            source: source, set: set,
            chosen: LabelledPictures(set, maximum: maxPictures ?? 200, examples: maxExamples ?? 50),
            pictures: pictures,
            transparency: faithful ? .dropped : .white, log: log)
        try learning.checkPictures()
        var classes = ExampleReading.classes(of: texts.texts)
        var known = Set(classes.map(\.name))
        for name in set.classes.map(\.name) where known.insert(name).inserted {
            classes.append(ExampleReading.Class(name: name))
        }
        try reading.add(examples.negatives, to: &classes)
        let byName = Dictionary(classes.map { ($0.name, $0) }) { first, _ in first }
        let words = classes.flatMap(\.texts)
        let most = Self.budgets[task] ?? .max
        let budget = task == .find ? most / max(1, set.classes.count) : most
        switch task {
        case .find:
            let persam = try loadPerSAM()
            let options = PerSAM.LearnOptions(fineTune: fineTune, faithful: faithful)
            let trainer = FindTrainer(persam, options: options) { byName[$0]?.negatives ?? [] }
            try save(learning.concepts(trainer, budget: budget), of: classes) {
                try $0.learn(with: persam, options)
            }
        case .segment:
            let clipseg = try model.loadCLIPSeg(for: .segment.of("spaniel learn --for segment"))
            try clipseg.texts.note(words, to: log)
            let mix = mixing.mix ?? MixOptions.usualMix
            let embedded = try byName.mapValues { $0.texts.isEmpty ? [] : try clipseg.embed($0.texts) }
            let trainer = SegmentTrainer(clipseg, rotations: mixing.rotations, mix: mix) {
                embedded[$0] ?? []
            }
            try save(learning.concepts(trainer, budget: budget), of: classes) {
                try $0.learn(with: clipseg, mix: mix, rotations: mixing.rotations)
            }
        case .detect:
            let owl = try model.loadOWLViT(for: .detect.of("spaniel learn --for detect"))
            try owl.texts.note(words, to: log)
            let embedded = try byName.mapValues { try owl.embed($0.texts) }
            let against = try byName.mapValues { try $0.negativeExamples(with: owl, selection.learning) }
            let trainer = DetectTrainer(
                owl, options: selection.learning, texts: { embedded[$0] ?? [] },
                negatives: { against[$0] ?? .none },
                sam: try ModelNeed.masks.loadSAM(
                    samModel, pull: model.pull, precision: model.precision.precision),
                features: try features.load(model, longestSide: FeatureOptions.lookSide))
            let concepts = try learning.concepts(trainer, budget: budget)
            let without = concepts.filter { $0.featureIdentity == nil }.map(\.className)
            if !features.areOwn && !without.isEmpty {
                log.notice(
                    "not found better with closer looks, which alone ask --features: \(without.joined(separator: ", "))"
                )
            }
            try save(concepts, of: classes) { try $0.learn(with: owl, selection.learning) }
        case .mask, .classify: throw Self.nothingToLearn(task)
        }
        try source.finish(labelled, options)
    }

    /// Keeps what examples taught, and beside it the classes that have words and no example; says which have
    /// neither.
    private func save<Stored: StoredConcept>(
        _ learnt: [Stored], of classes: [ExampleReading.Class],
        describe: (ExampleReading.Class) throws -> Stored
    ) throws {
        let taught = Set(learnt.map(\.className))
        let others = classes.filter { !taught.contains($0.name) }
        let described = try others.filter { !$0.texts.isEmpty }.map(describe)
        try ConceptFile.save(learnt + described, to: output)
        for concept in described {
            log.notice("learnt \(concept.className) from its words: there is no example of it")
        }
        let unknown = others.filter(\.texts.isEmpty).map(\.name)
        if !unknown.isEmpty {
            log.notice("not learnt, for want of an example: \(unknown.joined(separator: ", "))")
        }
    }
}
