import ArgumentParser
import Spaniel

/// `spaniel learn`: saves what examples teach, for `--concept`.
struct LearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn",
        abstract: "Saves what examples teach, to find it later without them.",
        usage: """
            spaniel learn --for find --example [CLASS=]IMG#MASK … -o FILE.concept
            spaniel learn --for segment|detect [--example [CLASS=]IMG#MASK …] [--text CLASS=WORDS …] -o FILE.concept
            spaniel learn --for find|segment|detect --from coco:FILE -o FILE.concept
            """,
        discussion: "The default model is that of the command: sam-nano, clipseg-nano or owlvit-nano.")

    enum Task: String, ExpressibleByArgument, CaseIterable {
        case find, segment, detect
    }

    @Option(name: .customLong("for"), help: ArgumentHelp("The command that will use it.", valueName: "find|segment|detect"))
    var task = Task.find

    @OptionGroup(title: "Examples") var examples: ExampleOptions

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("Every object of a COCO file is an example; its pictures lie beside the file.", valueName: "coco:file"),
        transform: { try ExportArgument(parsing: $0) })
    var annotations: [ExportArgument] = []

    @OptionGroup(title: "segment and detect") var texts: TextOptions

    @Flag(help: "find: learn for find --faithful too.")
    var faithful = false

    @Flag(help: "find: PerSAM-F, fit the weights that mix the model's three masks to the example.")
    var fineTune = false

    @OptionGroup(title: "segment") var mixing: MixOptions

    @Flag(help: "Keep the threshold at which the examples' own masks come out best, instead of the usual one.")
    var fitThreshold = false

    @OptionGroup(title: "detect") var selection: SelectionOptions

    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The file to write.", valueName: "file.concept"))
    var output: String

    @OptionGroup(title: "Model") var model: ModelOptions

    @Flag(help: "Say nothing but errors.")
    var quiet = false

    func validate() throws {
        let hasExamples = !examples.examples.isEmpty
        if hasExamples && !annotations.isEmpty { throw ValidationError("--from stands instead of --example: give one of them") }
        if !hasExamples && annotations.isEmpty && (task == .find || texts.texts.isEmpty) {
            throw ValidationError(
                task == .find
                    ? "say what to learn: --example [CLASS=]IMG#MASK, --reference IMG --mask MASK, or --from coco:FILE"
                    : "say what to learn: --text [CLASS=]WORDS, --example [CLASS=]IMG#MASK or --from coco:FILE")
        }
        if annotations.count > 1 { throw ValidationError("--from may stand once") }
        if output.isEmpty { throw ValidationError("-o needs the name of a file") }
        if task == .find { try examples.requireRegions() }
        try refuse(!texts.texts.isEmpty, "--text", of: [.segment, .detect])
        try refuse(faithful, "--faithful", of: [.find])
        try refuse(fineTune, "--fine-tune", of: [.find])
        try refuse(mixing.mix != nil, "--mix", of: [.segment])
        try refuse(mixing.rotations, "--rotations", of: [.segment])
        try refuse(fitThreshold, "--fit-threshold", of: [.segment])
        try refuse(selection.selection != nil, "--selection", of: [.detect])
        if task == .segment && !examples.negatives.isEmpty {
            throw ValidationError("--negative is given to spaniel segment itself, beside --concept")
        }
    }

    private func refuse(_ isGiven: Bool, _ option: String, of tasks: [Task]) throws {
        guard isGiven, !tasks.contains(task) else { return }
        throw ValidationError("\(option) is of use with --for \(tasks.map(\.rawValue).joined(separator: " and ")) only")
    }

    func run() throws {
        try OutputFolder.checkParent(ofFile: output)
        var reading = ExampleReading(faithful: faithful)
        var classes = try reading.classes(examples.examples, negatives: examples.negatives, texts: texts.texts)
        for case .coco(let path) in annotations {
            classes = try reading.classes(ofCOCO: path, negatives: examples.negatives, texts: texts.texts)
        }
        let words = quiet ? [] : classes.flatMap(\.texts)
        switch task {
        case .find: try save(classes, learnForFind())
        case .segment: try save(classes, learnForSegment(words))
        case .detect: try save(classes, learnForDetect(words))
        }
    }

    private typealias Learn<Stored> = (ExampleReading.Class) throws -> Stored

    private func learnForFind() throws -> Learn<Concept> {
        let persam = PerSAM(try model.loadSAM(for: .find.of("spaniel learn --for find")))
        let options = PerSAM.LearnOptions(fineTune: fineTune, faithful: faithful)
        return { try $0.learn(with: persam, options) }
    }

    private func learnForSegment(_ words: [String]) throws -> Learn<CLIPSeg.Concept> {
        let clipseg = try model.loadCLIPSeg(for: .segment.of("spaniel learn --for segment"))
        try clipseg.texts.note(words)
        return { taught in
            var concept = try taught.learn(with: clipseg, mix: mixing.mix ?? MixOptions.usualMix, rotations: mixing.rotations)
            if fitThreshold && !taught.examples.isEmpty {
                let options = CLIPSeg.LearnOptions(rotations: mixing.rotations, fitsThreshold: true)
                concept.threshold = try taught.learn { try clipseg.learn(taught.examples, options: options).threshold }
            }
            return concept
        }
    }

    private func learnForDetect(_ words: [String]) throws -> Learn<OWLViT.Concept> {
        let owl = try model.loadOWLViT(for: .detect.of("spaniel learn --for detect"))
        try owl.texts.note(words)
        return { try $0.learn(with: owl, selection.learning) }
    }

    private func save<Stored: StoredConcept>(_ classes: [ExampleReading.Class], _ learn: Learn<Stored>) throws {
        let concepts = try classes.map(learn)
        Interruption.finishCleanly()
        try ConceptFile.save(concepts, to: output)
        guard !quiet else { return }
        for taught in classes {
            let kinds = [("example", taught.examples.count), ("text", taught.texts.count)].filter { $0.1 > 0 }
            let counts = kinds.map { "\($1) \($0)\($1 == 1 ? "" : "s")" }.joined(separator: " and ")
            StandardError().note("learnt \(taught.name) from \(counts)")
        }
    }
}
