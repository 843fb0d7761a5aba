import ArgumentParser
import Logging
import SpanielFiles
import SpanielJSON
import SpanielPlatform
import Tensor

/// `spaniel weights convert`: a checkpoint of PyTorch's as a folder in the hub's layout.
struct WeightsConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Turns a PyTorch checkpoint into a model's folder, which every program can read.",
        usage: "spaniel weights convert sam_vit_b_01ec64.pth sam-base",
        discussion: """
            Reads what the authors of SAM, MobileSAM, SAM 2, CLIP and CLIPSeg published, and what PyTorch saved under the same names; nothing in the \
            file is executed. The folder has config.json, preprocessor_config.json and model.safetensors, as models on the hub have.
            """)

    @Argument(help: ArgumentHelp("The checkpoint.", valueName: "file.pth|.pt"))
    var checkpoint: String

    @Argument(help: ArgumentHelp("The folder to make.", valueName: "folder"))
    var folder: String

    @Option(
        help: ArgumentHelp(
            "CLIP's checkpoint (ViT-B-16.pt), for a CLIPSeg's that holds the decoder alone.",
            valueName: "file.pt"))
    var clip: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Say nothing but errors.")
    var quiet = false

    func run() throws {
        let log = Logger(quiet: quiet)
        let file = URL(filePath: checkpoint)
        let layout: HubLayout
        do { layout = try CheckpointFile.layout(file, clip: clip.map { URL(filePath: $0) }) } catch {
            throw Failure(error, about: .input)
        }
        try checkFolder()
        let sha256 = try Weights(checkpoint: file).sha256
        if let warning = PublishedCheckpoint.warning(name: file.lastPathComponent, sha256: sha256) {
            log.notice("\(warning)")
        }
        for note in layout.notes { log.notice("\(checkpoint): \(note)") }
        let others = layout.modelType.hasPrefix("clip") ? tokenizer(beside: file, log) : []
        do { try layout.write(to: URL(filePath: folder), copying: others) } catch {
            throw Failure(error, about: .output)
        }
        try StandardOutput().write(report(layout, sha256, PublishedCheckpoint(sha256: sha256)))
    }

    /// The folder must be new: files of another model in it would be read with this one's.
    private func checkFolder() throws(Failure) {
        if FileKind(at: folder) == .folder {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            guard names.isEmpty else {
                throw Failure(
                    .output, code: "output.folder",
                    "\(folder): expected no folder or an empty one, found \(names.count) files in it; name another"
                )
            }
        }
        try OutputFolder.makeParent(ofFile: folder.hasSuffix("/") ? String(folder.dropLast()) : folder)
    }

    private func tokenizer(beside file: URL, _ log: Logger) -> [URL] {
        let names = [
            "tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
        ]
        let files = names.map { file.deletingLastPathComponent().appending(path: $0) }
            .filter { FileKind(of: $0) == .file }
        if files.isEmpty {
            log.notice(
                "\(folder): no tokenizer lies beside \(checkpoint); for texts, put tokenizer.json of openai/clip-vit-base-patch32 into it"
            )
        }
        return files
    }

    private func report(_ layout: HubLayout, _ sha256: String, _ published: PublishedCheckpoint?) -> String {
        let count = layout.weights.names.count
        guard !json else {
            let record: JSON = [
                "schema": 1, "checkpoint": JSON(checkpoint), "sha256": JSON(sha256),
                "published": published.map { JSON($0.name) } ?? nil, "model_type": JSON(layout.modelType),
                "tensors": JSON(count), "folder": JSON(folder),
            ]
            return record.text() + "\n"
        }
        let origin = published.map { "\($0.name), as its authors published it" } ?? "no published file"
        return """
            \(folder): \(layout.modelType), \(count) tensors
            sha256 of \(checkpoint): \(sha256) (\(origin))

            """
    }
}
