import CLIPSeg
import Foundation
import SpanielTestSupport
import Tensor
import Testing

/// One of the tiny models of Tests/Goldens/CLIPSeg, and what transformers computes with it step by step.
struct CLIPSegGolden: Sendable, CustomTestStringConvertible {
    let name: String

    static let all = [CLIPSegGolden(name: "plain"), CLIPSegGolden(name: "refined")]
    static let plain = all[0]
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(
            path: "Goldens/CLIPSeg")

    var testDescription: String { name }
    var folder: URL { Self.folder.appending(path: name) }

    func model() throws -> CLIPSeg { try CLIPSeg(contentsOf: folder, precision: .float32) }

    func steps() throws -> Steps {
        Steps(file: try Safetensors(contentsOf: folder.appending(path: "steps.safetensors")))
    }

    /// The texts of the golden.
    static let texts = ["a cat", "the red mug", "dog!", "a cat, a dog and the red mug on the table"]

    struct Steps: Sendable {
        let file: Safetensors

        subscript(_ name: String) -> Tensor {
            get throws { try file.tensor(#require(file.entry(name), "no \(name) in the golden")) }
        }

        /// A picture stored as [H, W, 3].
        func picture(_ i: Int) throws -> Picture {
            let tensor = try self["picture.\(i)"]
            return Picture(
                rgb: tensor.array.map { UInt8($0) }, width: tensor.shape[1], height: tensor.shape[0])
        }

        /// The rows of a matrix as prompts.
        func prompts(_ name: String) throws -> [CLIPSeg.Conditional] {
            let rows = try self[name]
            return (0..<rows.shape[0]).map { CLIPSeg.Conditional(embedding: rows[leading: $0]) }
        }
    }
}
