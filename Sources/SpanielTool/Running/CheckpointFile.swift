import CLIPSeg
import Spaniel
import SpanielFiles
import SpanielPlatform
import Tensor

/// A PyTorch checkpoint named in place of a model's folder.
package enum CheckpointFile {
    private static let endings = [".pth", ".pt", ".ckpt"]

    static func isNamed(_ name: String) -> Bool { endings.contains(where: name.lowercased().hasSuffix) }

    /// Reads a checkpoint of any kind and translates it to the hub's names.
    ///
    /// - Parameter clip: CLIP's checkpoint, for a CLIPSeg's that holds the decoder alone.
    /// - Throws: `WeightsError`; also for names of no kind of model.
    static func layout(_ file: URL, clip: URL? = nil) throws -> HubLayout {
        let weights = try Weights(checkpoint: file)
        if let layout = try SAMCheckpoint.layout(weights) { return layout }
        if let layout = try CLIPSegCheckpoint.layout(weights, clip: clip.map { try Weights(checkpoint: $0) })
        {
            return layout
        }
        if let layout = try CLIPCheckpoint.layout(weights) { return layout }
        throw WeightsError.checkpoint(
            file: weights.modelName,
            expected: "the names of a published SAM, MobileSAM, SAM 2, CLIP or CLIPSeg",
            found: "\(weights.names.count) others, such as \((weights.names.first ?? "none").prefix(100))")
    }

    /// The checkpoint that lies in a folder which is no model's.
    static func alone(in path: String) -> String? {
        guard FileKind(at: path) == .folder, FileKind(at: "\(path)/config.json") == .missing else {
            return nil
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().first(where: isNamed).map { "\(path)/\($0)" }
    }
}
