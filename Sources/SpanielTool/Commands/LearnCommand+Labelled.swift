import Spaniel
import SpanielAnnotations
import SpanielImaging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension LearnCommand {
    /// The most searches a class for examples that hurt: a minute or so each.
    private static let budgets: [Task: Int] = [.find: 300, .segment: 1000, .detect: 5000]

    /// `--from`: learns from a labelled set, together with texts and negatives.
    func run(from source: AnnotationArgument, _ reading: inout ExampleReading) throws {
        var options = AnnotationOptions()
        options.pictures = pictures.map { URL(filePath: $0) }
        let set = try source.read(options, quiet: quiet)
        let learning = LabelledLearning(
            source: source, set: set,
            chosen: LabelledPictures(set, maximum: maxPictures ?? 200, examples: maxExamples ?? 50), pictures: pictures,
            transparency: faithful ? .dropped : .white, quiet: quiet)
        var classes = ExampleReading.classes(of: texts.texts)
        for name in set.classes.map(\.name) where !classes.contains(where: { $0.name == name }) {
            classes.append(ExampleReading.Class(name: name))
        }
        try reading.add(examples.negatives, to: &classes)
        let byName = Dictionary(classes.map { ($0.name, $0) }) { first, _ in first }
        let words = quiet ? [] : classes.flatMap(\.texts)
        let budget = Self.budgets[task] ?? .max
        switch task {
        case .find:
            let persam = PerSAM(try model.loadSAM(for: .find.of("spaniel learn --for find")))
            let options = PerSAM.LearnOptions(fineTune: fineTune, faithful: faithful)
            let lesson = FindLesson(persam, options: options) { byName[$0]?.negatives ?? [] }
            try ConceptFile.save(learning.concepts(lesson, budget: budget), to: output)
        case .segment:
            let clipseg = try model.loadCLIPSeg(for: .segment.of("spaniel learn --for segment"))
            try clipseg.texts.note(words)
            let mix = mixing.mix ?? MixOptions.usualMix
            let embedded = try byName.mapValues { $0.texts.isEmpty ? [] : try clipseg.embed($0.texts) }
            let lesson = SegmentLesson(clipseg, rotations: mixing.rotations, mix: mix) { embedded[$0] ?? [] }
            let learnt = try learning.concepts(lesson, budget: budget)
            let described = try Self.describedOnly(classes, beside: learnt).map {
                try $0.learn(with: clipseg, mix: mix, rotations: mixing.rotations)
            }
            try ConceptFile.save(learnt + described, to: output)
        case .detect:
            let owl = try model.loadOWLViT(for: .detect.of("spaniel learn --for detect"))
            try owl.texts.note(words)
            let embedded = try byName.mapValues { try owl.embed($0.texts) }
            let against = try byName.mapValues { try $0.negativeExamples(with: owl, selection.learning) }
            let lesson = DetectLesson(
                owl, options: selection.learning, texts: { embedded[$0] ?? [] }, negatives: { against[$0] ?? .none })
            let learnt = try learning.concepts(lesson, budget: budget)
            let described = try Self.describedOnly(classes, beside: learnt).map { try $0.learn(with: owl, selection.learning) }
            try ConceptFile.save(learnt + described, to: output)
        }
    }

    /// The classes that have words and no labelled object.
    private static func describedOnly<Stored: StoredConcept>(
        _ classes: [ExampleReading.Class], beside learnt: [Stored]
    ) -> [ExampleReading.Class] {
        classes.filter { taught in !taught.texts.isEmpty && !learnt.contains { $0.className == taught.name } }
    }
}
