import DINOv2
import Foundation
import SpanielTestSupport
import Tensor
import Testing

/// A file of Tests/Goldens/DINOv2: what transformers computes, step by step.
struct DINOv2Golden: Sendable {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/DINOv2")

    let tensors: Safetensors

    init(file: String) throws {
        tensors = try Safetensors(contentsOf: Self.folder.appending(path: "\(file).safetensors"))
    }

    subscript(_ name: String) -> Tensor {
        get throws { try tensors.tensor(#require(tensors.entry(name), "no \(name) in the golden")) }
    }

    var picture: Picture {
        get throws {
            let tensor = try self["picture"]
            return Picture(
                rgb: tensor.array.map { UInt8($0) }, width: tensor.shape[1], height: tensor.shape[0])
        }
    }

    static func model(_ name: String) throws -> DINOv2 {
        try DINOv2(contentsOf: folder.appending(path: name), precision: .float32)
    }
}
