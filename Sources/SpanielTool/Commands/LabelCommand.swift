import ArgumentParser
import Logging
import OWLViT
import Spaniel
import SpanielImaging
import SpanielPlatform
import SpanielStudio
import Tensor

/// `spaniel label`: the labelling page of a folder of pictures, on this machine alone.
struct LabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Opens a page on which words, one box or one click become labels in a whole folder.",
        usage:
            "spaniel label FOLDER [--port N] [--project FILE] [--no-browser] [--label-studio] [--x-anylabeling]",
        discussion: """
            The page is served on this machine alone, and only to whoever has the address that is printed. Every change is on the disk in \
            the project file before the page says so; Ctrl-C ends. Pictures in folders inside the folder belong to it; links are not followed. \
            With --label-studio or --x-anylabeling the project is a model for that tool too: what is found here is predicted there. \
            For each a line is printed with the address to enter there, which stays the same from run to run.
            """)

    @Argument(help: ArgumentHelp("The folder of pictures.", valueName: "folder"))
    var folder: String

    @Option(
        help: ArgumentHelp(
            "The port; 0 takes a free one (default: 0, or 9090 for other tools, which keep the address).",
            valueName: "n"))
    var port: Int?

    @Flag(help: "Be a machine learning backend of a Label Studio on this machine.")
    var labelStudio = false

    @Flag(
        name: .customLong("x-anylabeling"), help: "Be the remote server of an X-AnyLabeling on this machine.")
    var xAnyLabeling = false

    @Option(
        help: ArgumentHelp("The project file (default: labels.spaniel in the folder).", valueName: "file"))
    var project: String?

    @Flag(help: "Print the address and open no browser.")
    var noBrowser = false

    @Option(
        help: ArgumentHelp(
            "The model for masks and for the search by one example.", valueName: "name|folder|hub-id"))
    var samModel: String?

    @Option(
        help: ArgumentHelp(
            "Keep encodings, thumbnails and packed weights here (default: the first two in .spaniel-cache beside the project file).",
            valueName: "folder"))
    var cache: String?

    @Flag(help: "No notes on standard error; errors still appear.")
    var quiet = false

    @OptionGroup(title: "Model") var model: ModelOptions

    func validate() throws {
        if let port, !(0...65_535).contains(port) {
            throw ValidationError("--port \(port) must be between 0 and 65535")
        }
        if project == "" || cache == "" { throw ValidationError("--project and --cache need a name") }
    }

    func run() async throws {
        let log = Logger(quiet: quiet)
        let place = cache ?? defaultCache
        let tools = [
            (labelStudio, "label-studio", "Label Studio"), (xAnyLabeling, "x-anylabeling", "X-AnyLabeling"),
        ].filter(\.0)
        let studio: Studio
        var key: String?
        do {
            // Looked at before a model is loaded for nothing.
            _ = try PhotoFolder(folder)
            studio = try Studio(
                folder: folder, projectFile: project, cache: place, models: models(cache: place))
            if !tools.isEmpty { key = try await studio.key() }
            try await studio.start()
        } catch let error as StudioError { throw Self.failure(error) }
        let count = await studio.pictureCount
        log.notice("\(count) picture\(count == 1 ? "" : "s") in \(folder); Ctrl-C ends")
        let opens = !noBrowser
        Interruption.finishCleanly()
        let server = StudioServer(studio, key: key)
        do {
            try await server.run(port: port ?? (tools.isEmpty ? 0 : 9090)) { address in
                try? StandardOutput().write(address + "\n")
                for (_, tool, name) in tools {
                    if let address = server.address(for: tool) {
                        try? StandardOutput().write("\(name): \(address)\n")
                    }
                }
                if opens { Browser.open(address) }
            }
        } catch is CancellationError {} catch let error as StudioError { throw Self.failure(error) }
        await studio.stop()
    }

    private var defaultCache: String {
        let file = project ?? "\(folder)/\(Studio.projectName)"
        let place = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        return "\(place.isEmpty ? "/" : place)/.spaniel-cache"
    }

    private func models(cache: String) throws -> StudioModels {
        let (owl, sam) = try loaded()
        let boxes = try EncodingCache("\(cache)/encodings", OWLEncoder(owl: owl, preparation: .hf, tiles: 1))
        let masks = try EncodingCache("\(cache)/encodings", sam)
        return StudioModels(
            detector: .init(owl, name: owl.weights.modelName, key: boxes.key) {
                try Self.encode($0, boxes) { try owl.encode($0) }
            },
            segmenter: .init(sam, name: sam.weights.modelName) {
                try Self.encode($0, masks) { try sam.encode($0) }
            })
    }

    /// Loads the models, without the cache where that cannot be written. Nobody who names no cache wants files
    /// as large as the models among the pictures.
    private func loaded() throws -> (OWLViT, SAM) {
        func load() throws -> (OWLViT, SAM) {
            (
                try model.loadOWLViT(for: .detect.of("spaniel label")),
                try ModelNeed.masks.loadSAM(
                    samModel, pull: model.pull, precision: model.precision.precision)
            )
        }
        guard let cache else { return try load() }
        do {
            return try PackedFolder.$current.withValue(PackedFolder("\(cache)/weights"), operation: load)
        } catch let failure as Failure where failure.status == .output { return try load() }
    }

    /// Encodes without the cache where that cannot be written: the disk may be full.
    private static func encode<Encoder: KeepingEncoder>(
        _ picture: Picture, _ cache: EncodingCache<Encoder>, _ encode: (Picture) throws -> Encoder.Encoding
    ) throws -> Encoder.Encoding {
        do { return try cache.encode(picture) } catch let failure as Failure where failure.status == .output {
            return try encode(picture)
        }
    }

    private static func failure(_ error: StudioError) -> Failure {
        let status: ExitStatus =
            switch error {
            case .folder: .missing
            case .value: .usage
            case .notSaved, .file: .output
            default: .unusable
            }
        let hint =
            switch error {
            case .damaged, .newer, .inUse, .file: " (--project names another file)"
            default: ""
            }
        return Failure(status, code: error.code, error.description + hint)
    }
}

/// The user's browser.
enum Browser {
    /// Opens an address, where there is a screen; whether it worked is seen there.
    static func open(_ address: String) {
        #if canImport(Darwin)
            let program = "/usr/bin/open"
        #else
            guard getenv("DISPLAY") != nil || getenv("WAYLAND_DISPLAY") != nil else { return }
            let program = "/usr/bin/xdg-open"
        #endif
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(address), nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        _ = posix_spawn(&process, program, nil, nil, &arguments, environ)
    }
}
