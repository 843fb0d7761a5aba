import ArgumentParser
import Spaniel
import Tensor

/// `spaniel find`: the same object in other pictures, every instance.
struct FindCommand: PictureCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Finds an object in other pictures, every instance, from one example or several.",
        usage: """
            spaniel find --example [CLASS=]IMG#MASK … IMAGES …
            spaniel find --reference IMG --mask MASK [--class NAME] IMAGES …
            spaniel find --concept FILE.concept IMAGES …
            """,
        discussion: """
            The default model is sam-nano; sam-photo finds more in photographs and takes four times as long. SAM draws edges well and tells things apart badly: with --features a DINOv2 says where the object is and \
            whether it is there at all, and SAM draws it.
            Of a concept that spaniel learn --from taught closer looks each likely place is looked at alone; of such an object the scores are \
            place, closer and their score.
            """)

    @OptionGroup var pictures: PictureArguments
    @OptionGroup(title: "What to find") var examples: ExampleOptions

    @Option(
        name: .customLong("concept"),
        help: ArgumentHelp(
            "What spaniel learn saved, instead of examples. Repeatable.", valueName: "file.concept"))
    var conceptFiles: [String] = []

    @OptionGroup(title: "How") var search: SearchOptions
    @OptionGroup(title: "How") var features: FeatureOptions
    @OptionGroup(title: "Check by words") var check: CheckOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Output") var export: ExportOptions

    func validate() throws {
        try examples.requireRegions()
        let hasExamples = !examples.examples.isEmpty
        if hasExamples == !conceptFiles.isEmpty {
            throw ValidationError(
                "say what to find: --example [CLASS=]IMG#MASK, --reference IMG --mask MASK, or --concept FILE (and not both)"
            )
        }
        if !conceptFiles.isEmpty && !examples.negatives.isEmpty {
            throw ValidationError("--negative belongs to the examples: give it to spaniel learn")
        }
        if search.faithful && !features.areOwn {
            throw ValidationError("--faithful knows SAM's own features only; leave out --features")
        }
        if !conceptFiles.isEmpty && search.fineTune {
            throw ValidationError("--fine-tune belongs to the examples: give it to spaniel learn")
        }
    }

    var ownFolders: [(option: String, path: String)] { search.explain.map { [("--explain", $0)] } ?? [] }

    func prepare() throws -> PictureTask {
        var reading = ExampleReading(faithful: search.faithful)
        let classes = try reading.classes(examples.examples, negatives: examples.negatives)
        let sam = try model.loadSAM(for: .find)
        let dino = try features.load(model)
        let persam = PerSAM(sam, features: dino)
        let learning = PerSAM.LearnOptions(fineTune: search.fineTune, faithful: search.faithful)
        let saved: [PerSAM.Concept] = try ConceptFile.load(conceptFiles, for: .find, sam.weights)
        if !saved.isEmpty {
            try ConceptFile.check(
                saved, of: conceptFiles, for: .find, learnt: \.featureIdentity, features, dino?.identity)
        }
        var taught = try classes.map { try $0.learn(with: persam, learning) } + saved
        let names = try ConceptFile.distinctNames(of: taught)
        let thresholds = output.thresholds
        try thresholds.check(against: names)
        for index in taught.indices {
            guard let threshold = thresholds[taught[index].className] else { continue }
            taught[index].threshold = threshold
            taught[index].taught?.alone = threshold
        }
        let concepts = taught
        if search.faithful, let concept = concepts.first(where: { $0.original == nil }) {
            throw Failure(
                .unusable, code: "concept.faithful",
                "the concept '\(concept.className)' was not learnt for --faithful; learn it again with spaniel learn --faithful"
            )
        }
        let finder = CloserFinder(persam)
        let looksCloser = concepts.contains(where: \.looksCloser)
        let (options, tiles) = (search.options(maxObjects: output.maxObjects), search.tiles)
        let check = try check.load(for: names, model, log: output.log)
        let cache = try EncodingCache(output.cache, sam)
        let featureCache = try dino.map { try EncodingCache(output.cache, $0) }
        var explanations = try search.explain.map {
            try ExplanationFolder($0, concepts: concepts, features: dino?.weights.modelName)
        }
        let work: PictureTask.Work = { image, picture, stopwatch in
            let encoding = try PerSAM.TiledEncoding(picture, tiles: tiles) { part in
                let masks = try stopwatch.time("encode") { try cache.encode(part) }
                let grid = try featureCache.map { cache in
                    try stopwatch.time("features") { try cache.encode(part) }
                }
                return PerSAM.Encoding(masks: masks, features: grid)
            }
            let findings = try stopwatch.time(looksCloser ? "closer" : "prompt") {
                try finder.find(concepts, in: picture, encoding, options: options)
            }
            try explanations?.write(findings, image: image, picture: picture)
            guard let check, !findings.isEmpty else { return PictureResult(findings) }
            return try stopwatch.time("check") { try PictureResult(check.check(findings, in: picture)) }
        }
        return PictureTask(
            name: .find, model: sam.weights, others: check.map { [("clip_model", $0.clip.weights)] } ?? [],
            features: dino.map { .init($0.weights, $0.settings) }, classes: names,
            transparency: search.faithful ? .dropped : .white, work: work,
            passOver: { explanations?.passOver($0) })
    }
}
