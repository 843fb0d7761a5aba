import ArgumentParser
import PerSAM

/// `spaniel learn`: saves what examples teach, for `find --concept`.
struct LearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn",
        abstract: "Saves what examples teach, to find it later without them.",
        usage: """
            spaniel learn --for find --example [CLASS=]IMG#MASK … -o FILE.concept
            spaniel learn --for find --from coco:FILE -o FILE.concept
            """)

    enum Task: String, ExpressibleByArgument, CaseIterable {
        case find
    }

    @Option(name: .customLong("for"), help: ArgumentHelp("The command that will use it: find.", valueName: "task"))
    var task = Task.find

    @OptionGroup(title: "Examples") var examples: ExampleOptions

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("Every object of a COCO file is an example; its pictures lie beside the file.", valueName: "coco:file"),
        transform: { try ExportArgument(parsing: $0) })
    var annotations: [ExportArgument] = []

    @Flag(help: "Learn for find --faithful too.")
    var faithful = false

    @Flag(help: "PerSAM-F: fit the weights that mix the model's three masks to the example.")
    var fineTune = false

    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The file to write.", valueName: "file.concept"))
    var output: String

    @OptionGroup(title: "Model") var model: ModelOptions

    @Flag(help: "Say nothing but errors.")
    var quiet = false

    func validate() throws {
        if examples.examples.isEmpty == annotations.isEmpty {
            throw ValidationError(
                "say what to learn: --example [CLASS=]IMG#MASK, --reference IMG --mask MASK, or --from coco:FILE (and not both)")
        }
        if annotations.count > 1 { throw ValidationError("--from may stand once") }
        if output.isEmpty { throw ValidationError("-o needs the name of a file") }
    }

    func run() throws {
        try OutputFolder.checkParent(ofFile: output)
        var reading = ExampleReading(faithful: faithful)
        var classes = try reading.classes(examples.examples, negatives: examples.negatives)
        for case .coco(let path) in annotations { classes = try reading.classes(ofCOCO: path, negatives: examples.negatives) }
        let persam = PerSAM(try model.loadSAM(for: .find))
        let concepts = try classes.map { try $0.learn(with: persam, PerSAM.LearnOptions(fineTune: fineTune, faithful: faithful)) }
        Interruption.finishCleanly()
        try ConceptFile.save(concepts, to: output)
        if !quiet {
            for (concept, taught) in zip(concepts, classes) {
                let count = taught.examples.count == 1 ? "1 example" : "\(taught.examples.count) examples"
                StandardError().write("spaniel: learnt \(Summary.line(concept.className)) from \(count)\n")
            }
        }
    }
}
