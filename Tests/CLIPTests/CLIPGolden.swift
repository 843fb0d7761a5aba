import CLIP
import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

/// One of the tiny models of Tests/Goldens/CLIP, and what transformers computes with it step by step.
struct CLIPGolden: Sendable, CustomTestStringConvertible {
    let name: String

    /// One as old files are, with their sections twice; one in half precision, whose vocabulary knows the
    /// letters a to z alone.
    static let all = [CLIPGolden(name: "tiny"), CLIPGolden(name: "odd")]

    var testDescription: String { name }
    var folder: URL { TokenizerFolder.golden.deletingLastPathComponent().appending(path: name) }

    func model() throws -> CLIP { try CLIP(contentsOf: folder, precision: .float32) }

    func steps() throws -> Steps {
        Steps(file: try Safetensors(contentsOf: folder.appending(path: "steps.safetensors")))
    }

    func texts() throws -> [String] {
        let texts = try JSON(parsing: Data(contentsOf: folder.appending(path: "texts.json"))).array
        return try #require(texts).compactMap(\.string)
    }

    struct Steps: Sendable {
        let file: Safetensors

        subscript(_ name: String) -> Tensor {
            get throws { try file.tensor(#require(file.entry(name), "no \(name) in the golden")) }
        }

        func picture() throws -> Picture {
            let tensor = try self["picture.0"]
            return Picture(
                rgb: tensor.array.map { UInt8($0) }, width: tensor.shape[1], height: tensor.shape[0])
        }
    }
}
