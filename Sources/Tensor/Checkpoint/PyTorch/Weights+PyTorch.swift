import SpanielFiles
public import SpanielPlatform

extension Weights {
    /// Opens a checkpoint that PyTorch wrote (`.pth`, `.pt`), under the names that it has there; nothing in
    /// it is executed.
    /// - Throws: `WeightsError`, for a name of Python's in it `.global`.
    public init(checkpoint url: URL) throws(WeightsError) {
        let archive = try PyTorchArchive(contentsOf: url)
        self.init(
            source: WeightsSource(
                modelName: archive.file.name, files: ModelFiles([archive.file]),
                slots: archive.tensors.map { ($0.name, .stored($0.tensor)) }))
    }

    /// Whether a checkpoint may lie there: a file, where the hub's layout has a folder.
    package static func isFile(_ url: URL) -> Bool { FileKind(of: url) == .file }
}
