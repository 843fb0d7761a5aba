import ArgumentParser
import Spaniel
import Tensor

/// `spaniel segment`: words or examples to pixel masks, by CLIPSeg.
struct SegmentCommand: PictureCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Masks of what words or examples mean.",
        usage: """
            spaniel segment IMAGES … --text [CLASS=]WORDS …
            spaniel segment IMAGES … --example [CLASS=]IMG#MASK … [--text CLASS=WORDS …]
            spaniel segment IMAGES … --concept FILE.concept
            """,
        discussion: """
            The default model is clipseg-nano. --threshold is the probability from which a pixel belongs to a class (default: 0.3). An example \
            without a mask, box or polygon is the whole picture. What --negative shows competes for the pixels and is left out.
            """)

    @OptionGroup var pictures: PictureArguments
    @OptionGroup(title: "What to find") var sought: SoughtOptions
    @OptionGroup(title: "How") var how: SegmentationOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Output") var export: ExportOptions

    func validate() throws {
        try sought.check(for: .segment, mayBeEmpty: pictures.areOfLines, negativesMayJoinConcepts: true)
        if how.mixing.mix != nil && !sought.mayHaveBoth {
            throw ValidationError(
                "--mix mixes a class's texts and examples: give --text CLASS=WORDS and --example CLASS=IMG#MASK"
            )
        }
    }

    var ownFolders: [(option: String, path: String)] { how.scores.map { [("--scores", $0)] } ?? [] }

    func prepare() throws -> PictureTask {
        var reading = ExampleReading(faithful: false)
        let classes = try sought.classes(&reading, negatives: [])
        let against = try reading.classes(sought.examples.negatives, negatives: [])
        if let mix = how.mixing.mix, !classes.contains(where: { !$0.texts.isEmpty && !$0.examples.isEmpty }) {
            throw UsageError(
                "--mix \(mix) mixes a class's texts and examples, and no class has both; write --example CLASS=IMG#MASK"
            )
        }
        classes.noteStrayExamples(to: output.log)
        let clipseg = try model.loadCLIPSeg(for: .segment)
        let words = classes.flatMap(\.texts)
        try clipseg.texts.note(words, to: output.log)
        var concepts =
            try classes.map { try learn($0, clipseg) }
            + ConceptFile.load(sought.conceptFiles, for: .segment, clipseg.weights)
        let names = try sought.isEmpty ? [] : ConceptFile.distinctNames(of: concepts)
        if !sought.isEmpty { try output.thresholds.check(against: names) }
        concepts = concepts.map(withThreshold)
        let negatives = try against.map { try learn($0, clipseg) }
        let sam =
            try how.refine
            ? ModelNeed.masks.loadSAM(how.samModel, pull: model.pull, precision: model.precision.precision)
            : nil
        let cache = try EncodingCache(output.cache, clipseg)
        let samCache = try sam.map { try EncodingCache(output.cache, $0) }
        var options = CLIPSeg.SegmentOptions()
        if let maximum = output.maxObjects { options.maximumObjects = maximum }
        var scores = try how.scores.map(ScoreFolder.init)
        func work(_ concepts: [CLIPSeg.Concept]) -> PictureTask.Work {
            { image, picture, stopwatch in
                let encoding = try stopwatch.time("encode") { try cache.encode(picture) }
                let edges = how.edges ? picture : nil
                let segments = try stopwatch.time("prompt") {
                    try clipseg.segment(
                        concepts, against: negatives, in: encoding, options: options, refinedBy: edges)
                }
                if scores != nil {
                    let maps = try clipseg.scores(for: concepts, in: encoding, refinedBy: edges)
                    try scores?.write(Array(zip(names, maps)), image: image)
                }
                guard let sam, let samCache, !segments.isEmpty else { return PictureResult(segments) }
                let scene = try stopwatch.time("sam_encode") { try samCache.encode(picture) }
                return try stopwatch.time("refine") {
                    try PictureResult(segments, refined: sam.refine(segments, in: scene))
                }
            }
        }
        return PictureTask(
            name: .segment, model: clipseg.weights, others: sam.map { [("sam_model", $0.weights)] } ?? [],
            classes: names,
            work: sought.isEmpty ? nil : work(concepts),
            workOfLine: { line in
                try work(ExampleReading.classes(of: line.texts).map { try withThreshold(learn($0, clipseg)) })
            },
            passOver: { scores?.passOver($0) })
    }

    private func withThreshold(_ concept: CLIPSeg.Concept) -> CLIPSeg.Concept {
        var concept = concept
        if let threshold = output.thresholds[concept.className] { concept.threshold = threshold }
        return concept
    }

    private func learn(_ taught: ExampleReading.Class, _ clipseg: CLIPSeg) throws -> CLIPSeg.Concept {
        try taught.learn(
            with: clipseg, mix: how.mixing.mix ?? MixOptions.usualMix, rotations: how.mixing.rotations)
    }
}
