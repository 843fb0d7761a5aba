import ArgumentParser
import Logging
import Spaniel
import SpanielAnnotations

/// `spaniel learn`: saves what examples teach, for `--concept`.
struct LearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn",
        abstract: "Saves what examples teach, to find it later without them.",
        usage: """
            spaniel learn --for find --example [CLASS=]IMG#MASK … -o FILE.concept
            spaniel learn --for segment|detect [--example [CLASS=]IMG#MASK …] [--text CLASS=WORDS …] -o FILE.concept
            spaniel learn --for find|segment|detect --from FORMAT:PATH [--pictures FOLDER] -o FILE.concept
            """,
        discussion: """
            The default model is that of the command: sam-nano, clipseg-nano or owlvit-nano. With --from every labelled object is an example. Each \
            labelled picture is then searched with the examples of all others: the threshold of a class that at least three pictures show becomes \
            the one that tells best what is labelled from what is not (find and detect: the highest F1 of boxes; segment: the largest overlap of \
            pixels), and an example is named that the others are found better without. find and detect also learn where in a picture the classes are \
            and what they look like when each place is looked at alone, and keep that where it finds more of what is labelled. Formats: \
            \(AnnotationArgument.forms.joined(separator: ", ")).
            """)

    private static let tasks: [TaskName] = [.find, .segment, .detect]

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The command that will use it.", valueName: "find|segment|detect"),
        completion: .list(tasks.map(\.rawValue)), transform: { try TaskName(parsing: $0, among: tasks) })
    var task = TaskName.find

    @OptionGroup(title: "Examples") var examples: ExampleOptions

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("Every labelled object is an example.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var annotations: [AnnotationArgument] = []

    @Option(
        help: ArgumentHelp(
            "Where the pictures of --from lie, when not beside the annotations.", valueName: "folder"))
    var pictures: String?

    @OptionGroup(title: "--from") var labels: LabelOptions

    @Option(help: ArgumentHelp("Of --from, the most examples of a class (default: 50).", valueName: "n"))
    var maxExamples: Int?

    @Option(
        help: ArgumentHelp(
            "Of --from, the most pictures (default: 200); each is kept in memory as the model sees it.",
            valueName: "n"))
    var maxPictures: Int?

    @OptionGroup(title: "segment and detect") var texts: TextOptions

    @Flag(help: "find: learn for find --faithful too.")
    var faithful = false

    @Flag(help: "find: PerSAM-F, fit the weights that mix the model's three masks to the example.")
    var fineTune = false

    @OptionGroup(title: "find and detect") var features: FeatureOptions

    @OptionGroup(title: "segment") var mixing: MixOptions

    @Flag(
        help: "Keep the threshold at which the examples' own masks come out best, instead of the usual one.")
    var fitThreshold = false

    @OptionGroup(title: "detect") var selection: SelectionOptions

    @Option(
        help: ArgumentHelp(
            "Of --from, the SAM model that makes boxes exact: a name, a folder or a hub id (default: sam-nano).",
            valueName: "name"))
    var samModel: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write.", valueName: "file.concept"))
    var output: String

    @OptionGroup(title: "Model") var model: ModelOptions

    @Flag(help: "Say nothing but errors.")
    var quiet = false

    var log: Logger { Logger(quiet: quiet) }

    func validate() throws {
        let hasExamples = !examples.examples.isEmpty
        if hasExamples && !annotations.isEmpty {
            throw ValidationError("--from stands instead of --example: give one of them")
        }
        if !hasExamples && annotations.isEmpty && (task == .find || texts.texts.isEmpty) {
            throw ValidationError(
                task == .find
                    ? "say what to learn: --example [CLASS=]IMG#MASK, --reference IMG --mask MASK, or --from FORMAT:PATH"
                    : "say what to learn: --text [CLASS=]WORDS, --example [CLASS=]IMG#MASK or --from FORMAT:PATH"
            )
        }
        if annotations.count > 1 { throw ValidationError("--from may stand once") }
        switch annotations.first?.format {
        case .cocoResults?:
            throw ValidationError("a COCO results file names no pictures; give --from coco:FILE")
        case .masks? where pictures == nil:
            throw ValidationError("masks:FOLDER does not say where its pictures lie; add --pictures FOLDER")
        case nil where pictures != nil || maxExamples != nil || maxPictures != nil:
            throw ValidationError("--pictures, --max-examples and --max-pictures belong to --from")
        default: break
        }
        for (option, value) in [("--max-examples", maxExamples), ("--max-pictures", maxPictures)] {
            if let value, value < 1 { throw ValidationError("\(option) \(value) must be at least 1") }
        }
        if fitThreshold && !annotations.isEmpty {
            throw ValidationError(
                "--from chooses thresholds by leaving pictures out; --fit-threshold is for --example")
        }
        if output.isEmpty { throw ValidationError("-o needs the name of a file") }
        if task == .find { try examples.requireRegions() }
        try refuse(!texts.texts.isEmpty, "--text", of: [.segment, .detect])
        try refuse(faithful, "--faithful", of: [.find])
        try refuse(fineTune, "--fine-tune", of: [.find])
        try refuse(!features.areOwn, "--features", of: [.find, .detect])
        if faithful && !features.areOwn {
            throw ValidationError("--faithful knows SAM's own features only; leave out --features")
        }
        try refuse(mixing.mix != nil, "--mix", of: [.segment])
        try refuse(mixing.rotations, "--rotations", of: [.segment])
        try refuse(fitThreshold, "--fit-threshold", of: [.segment])
        try refuse(selection.selection != nil, "--selection", of: [.detect])
        try refuse(samModel != nil, "--sam-model", of: [.detect])
        if samModel != nil && annotations.isEmpty { throw ValidationError("--sam-model belongs to --from") }
        if task == .segment && !examples.negatives.isEmpty {
            throw ValidationError("--negative is given to spaniel segment itself, beside --concept")
        }
    }

    private func refuse(_ isGiven: Bool, _ option: String, of tasks: [TaskName]) throws {
        guard isGiven, !tasks.contains(task) else { return }
        throw ValidationError(
            "\(option) is of use with --for \(tasks.map(\.rawValue).joined(separator: " and ")) only")
    }

    func run() throws {
        try OutputFolder.checkParent(ofFile: output)
        var reading = ExampleReading(faithful: faithful)
        if let source = annotations.first { return try run(from: source, &reading) }
        let classes = try reading.classes(
            examples.examples, negatives: examples.negatives, texts: texts.texts)
        let words = classes.flatMap(\.texts)
        switch task {
        case .find: try save(classes, learnForFind())
        case .segment: try save(classes, learnForSegment(words))
        case .detect: try save(classes, learnForDetect(words))
        case .mask, .classify: throw Self.nothingToLearn(task)
        }
    }

    /// For the tasks that `--for` does not take.
    static func nothingToLearn(_ task: TaskName) -> UsageError {
        UsageError("spaniel \(task.rawValue) takes nothing that was learnt")
    }

    private typealias Learn<Stored> = (ExampleReading.Class) throws -> Stored

    /// SAM, and the features that were asked for.
    func loadPerSAM() throws -> PerSAM {
        let sam = try model.loadSAM(for: .find.of("spaniel learn --for find"))
        return PerSAM(sam, features: try features.load(model))
    }

    private func learnForFind() throws -> Learn<PerSAM.Concept> {
        let persam = try loadPerSAM()
        let options = PerSAM.LearnOptions(fineTune: fineTune, faithful: faithful)
        return { try $0.learn(with: persam, options) }
    }

    private func learnForSegment(_ words: [String]) throws -> Learn<CLIPSeg.Concept> {
        let clipseg = try model.loadCLIPSeg(for: .segment.of("spaniel learn --for segment"))
        try clipseg.texts.note(words, to: log)
        return { taught in
            var concept = try taught.learn(
                with: clipseg, mix: mixing.mix ?? MixOptions.usualMix, rotations: mixing.rotations)
            if fitThreshold && !taught.examples.isEmpty {
                let options = CLIPSeg.LearnOptions(rotations: mixing.rotations, fitsThreshold: true)
                concept.threshold = try taught.learn {
                    try clipseg.learn(taught.examples, options: options).threshold
                }
            }
            return concept
        }
    }

    private func learnForDetect(_ words: [String]) throws -> Learn<OWLViT.Concept> {
        let owl = try model.loadOWLViT(for: .detect.of("spaniel learn --for detect"))
        try owl.texts.note(words, to: log)
        let dino = try features.load(model, longestSide: FeatureOptions.lookSide)
        return { try $0.learn(with: owl, selection.learning, dino) }
    }

    private func save<Stored: StoredConcept>(_ classes: [ExampleReading.Class], _ learn: Learn<Stored>) throws
    {
        let concepts = try classes.map(learn)
        Interruption.finishCleanly()
        try ConceptFile.save(concepts, to: output)
        for taught in classes {
            let kinds = [("example", taught.examples.count), ("text", taught.texts.count)].filter { $0.1 > 0 }
            let counts = kinds.map { "\($1) \($0)\($1 == 1 ? "" : "s")" }.joined(separator: " and ")
            log.notice("learnt \(taught.name) from \(counts)")
        }
    }
}
