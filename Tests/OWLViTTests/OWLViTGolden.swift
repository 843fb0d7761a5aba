import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import Testing

/// One of the tiny models of Tests/Goldens/OWLViT, and what transformers computes with it step by step.
struct OWLViTGolden: Sendable, CustomTestStringConvertible {
    let name: String

    static let v1 = OWLViTGolden(name: "v1")
    static let v2 = OWLViTGolden(name: "v2")
    static let all = [v1, v2]

    var testDescription: String { name }
    var folder: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Goldens/OWLViT/\(name)")
    }

    func model() throws -> OWLViT { try OWLViT(contentsOf: folder, precision: .float32) }
    func steps() throws -> Steps {
        Steps(file: try Safetensors(contentsOf: folder.appending(path: "steps.safetensors")))
    }
    func texts() throws -> [String] {
        try JSONDecoder().decode([String].self, from: Data(contentsOf: folder.appending(path: "texts.json")))
    }

    struct Steps: Sendable {
        let file: Safetensors

        subscript(_ name: String) -> Tensor {
            get throws { try file.tensor(#require(file.entry(name), "no \(name) in the golden")) }
        }

        func contains(_ name: String) -> Bool { file.entry(name) != nil }

        /// Pixel values of a picture, as the model takes them, [1, S, S, 3].
        func pixels(_ i: Int) throws -> Tensor { Tensor.stack([try self["pixels.\(i)"]]) }

        var ids: [[Int32]] {
            get throws {
                let ids = try self["input_ids"]
                return (0..<ids.shape[0]).map { ids[leading: $0].array.map { Int32($0) } }
            }
        }
    }

    static let sizes = [(97, 61), (40, 90), (17, 23), (33, 1), (1, 1), (310, 205)]

    /// The golden script's pictures, by its formula.
    static func picture(_ number: Int) -> Picture {
        let (width, height) = sizes[number]
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let squares = 60 * ((x / 9 + y / 11) % 2)
                for c in 0..<3 {
                    pixels.append(
                        UInt8((x * 7 + y * 13 + c * 50 + number * 31 + (x * y) % 97 + squares) % 256))
                }
            }
        }
        return Picture(rgb: pixels, width: width, height: height)
    }
}
