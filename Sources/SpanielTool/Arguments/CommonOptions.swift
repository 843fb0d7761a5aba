import ArgumentParser
import Logging
import SpanielAnnotations
import SpanielPlatform
import Tensor

/// Which model runs, and how.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .customLong("model"),
        help: ArgumentHelp(
            "A known name (spaniel weights list), a folder, or a hub id such as facebook/sam-vit-base. Each command has a default of its own.",
            valueName: "name|folder|hub-id"))
    var model: String?

    @Flag(help: "Fetch models that are missing without asking.")
    var pull = false

    @Option(
        help: ArgumentHelp(
            "How the picture is encoded: float32; bfloat16, faster where the processor has it, and less exact; int8, faster still, smaller and less exact again; or auto, one of the first two.",
            valueName: "auto|float32|bfloat16|int8"))
    var precision = PrecisionArgument.auto

    @Option(help: ArgumentHelp("Threads to use (default: the processors it may run on).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads) must be between 1 and 1024")
        }
    }
}

/// What `--precision` takes.
enum PrecisionArgument: String, ExpressibleByArgument, CaseIterable {
    case auto, float32, bfloat16, int8

    /// nil: the model's own choice.
    var precision: Tensor.Precision? { Tensor.Precision(rawValue: rawValue) }
}

/// The pictures to work on.
struct PictureArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Files, folders (their pictures, sorted by name), @list.txt (one name a line), or - (names on standard input).",
            valueName: "images"))
    var images: [String]

    @Flag(help: "Also search the folders inside folders.")
    var recursive = false

    /// In place of pictures: they come with a worker's lines, which may also say what to look for. No command
    /// line can hold it.
    static let ofLines = "\0"

    var areOfLines: Bool { images.first == Self.ofLines }
}

/// What is written for the whole run.
struct ExportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the results of all pictures as annotations: \(AnnotationArgument.forms.joined(separator: ", ")). Repeatable.",
            valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var export: [AnnotationArgument] = []

    @Option(
        help: ArgumentHelp(
            "The labels whose picture and class ids an export as coco-results uses.", valueName: "format:path"
        ),
        transform: { try AnnotationArgument(parsing: $0) })
    var truth: AnnotationArgument?

    func validate() throws {
        if truth != nil, !export.contains(where: { $0.format == .cocoResults }) {
            throw ValidationError("--truth gives ids to --export coco-results:FILE, which is missing")
        }
    }

    /// What an export has to know.
    /// - Throws: `Failure` where the labels of `--truth` cannot be read.
    func options(log: Logger) throws -> AnnotationOptions {
        var options = AnnotationOptions()
        options.pictures = URL(filePath: FileManager.default.currentDirectoryPath)
        options.truth = try truth?.read(options, log: log).set
        return options
    }

    /// Finds out before any work is done for nothing whether the files can be written.
    func check() throws {
        for export in export { try export.checkPlace() }
    }
}

/// Where results go.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON line per picture.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Write NAME.overlay.png for each picture here, and NAME.N.CLASS.mask.png for each mask.",
            valueName: "folder"))
    var out: String?

    @Option(
        name: .customLong("threshold"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Keep objects with at least this score, for all classes or for one. Repeatable.",
            valueName: "[class=]0…1"),
        transform: { try ThresholdArgument(parsing: $0) })
    var thresholdArguments: [ThresholdArgument] = []

    @Option(help: ArgumentHelp("Keep at most so many objects per picture.", valueName: "n"))
    var maxObjects: Int?

    @Option(
        help: ArgumentHelp(
            "Keep the pictures' encodings here, to ask again without the slow part, and the weights as they are packed, which all processes then share.",
            valueName: "folder"))
    var cache: String?

    @Option(
        help: ArgumentHelp(
            "Keep each picture's record in this folder, in records.jsonl, and after a kill go on where the same command stopped.",
            valueName: "folder"))
    var resume: String?

    /// Where `--resume` keeps the records.
    static let keptFile = "records.jsonl"

    @Flag(help: "No progress and no notes on standard error; errors still appear.")
    var quiet = false

    @Flag(help: "Also say which model and processor are used, and how long each part takes.")
    var verbose = false

    var thresholds: Thresholds { Thresholds(parsing: thresholdArguments) }

    var log: Logger { Logger(quiet: quiet, verbose: verbose) }

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
        if let maxObjects, maxObjects < 1 {
            throw ValidationError("--max-objects \(maxObjects) must be at least 1")
        }
        if out == "" || cache == "" || resume == "" {
            throw ValidationError("--out, --cache and --resume need the name of a folder")
        }
    }
}

extension PictureArguments {
    /// The pictures named, folders and lists opened.
    func expand() throws -> [PictureEntry] {
        try PictureList(recursive: recursive, standardInput: readStandardInput).expand(images)
    }
}

extension OutputOptions {
    /// Loads models that keep what they are packed to in the folder of `--cache`.
    func keepingPacked<Models>(_ load: () throws -> Models) rethrows -> Models {
        try PackedFolder.$current.withValue(cache.map { PackedFolder($0) }, operation: load)
    }

    /// Finds out before any work is done for nothing whether the outputs can be written.
    func check() throws {
        for folder in [out, cache, resume].compactMap(\.self) { try OutputFolder.check(folder) }
    }
}
