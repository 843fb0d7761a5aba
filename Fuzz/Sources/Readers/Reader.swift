import CLIP
import Foundation
import SAM
import SpanielImaging
import Tensor

/// A reader of files that may come from anywhere, called through the public interface that everybody calls.
public enum Reader: String, CaseIterable, Sendable {
    /// `model.safetensors`, and the values of its tensors.
    case safetensors
    /// `model.safetensors.index.json` beside one file that it may name.
    case index
    /// A PyTorch checkpoint.
    case checkpoint
    /// `tokenizer.json`, and a text cut into its tokens.
    case tokenizer
    /// `config.json` of a SAM.
    case configuration
    /// A picture of any format.
    case picture

    /// Reads a file of these bytes.
    /// - Parameter folder: a folder of this process's own, in which the file is written.
    /// - Returns: nil if they are accepted, otherwise why not.
    public func refusal(of bytes: some DataProtocol, in folder: URL) -> String? {
        do {
            try Data(bytes).write(to: folder.appending(path: fileName))
            try read(in: folder)
            return nil
        } catch { return "\(error)" }
    }

    private var fileName: String {
        switch self {
        case .safetensors: "model.safetensors"
        case .index: "model.safetensors.index.json"
        case .checkpoint: "model.pth"
        case .tokenizer: "tokenizer.json"
        case .configuration: "config.json"
        case .picture: "picture"
        }
    }

    private func read(in folder: URL) throws {
        let file = folder.appending(path: fileName)
        switch self {
        case .safetensors:
            let file = try Safetensors(contentsOf: file)
            for entry in file.entries where entry.range.count < 1 << 20 { _ = try? file.tensor(entry) }
        case .index: _ = try Weights(contentsOf: folder)
        case .checkpoint:
            let weights = try Weights(checkpoint: file)
            for name in weights.names.prefix(100) {
                if let shape = weights.shape(of: name) { _ = try? weights.tensor(name, shape) }
            }
        case .tokenizer:
            _ = try CLIP.Tokenizer(contentsOf: folder)("A photo of 2 BOOTS, isn't it? ﬁne", length: 77)
        case .configuration: _ = try SAM(contentsOf: folder)
        case .picture: _ = try Picture(contentsOf: file)
        }
    }
}
