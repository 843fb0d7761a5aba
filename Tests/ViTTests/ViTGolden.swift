import Foundation
import SpanielImaging
import SpanielTestSupport
import Tensor
import Testing

/// A file of Tests/Goldens/ViT: what transformers computes, step by step.
struct ViTGolden: Sendable {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/ViT")

    let tensors: Safetensors

    init(file: String) throws {
        tensors = try Safetensors(contentsOf: Self.folder.appending(path: "\(file).safetensors"))
    }

    subscript(_ name: String) -> Tensor {
        get throws { try tensors.tensor(#require(tensors.entry(name), "no \(name) in the golden")) }
    }

    /// A picture stored as [H, W, 3].
    func picture(_ i: Int) throws -> Picture {
        let tensor = try self["picture.\(i)"]
        return Picture(rgb: tensor.array.map { UInt8($0) }, width: tensor.shape[1], height: tensor.shape[0])
    }
}
