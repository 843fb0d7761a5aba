import Foundation
import SAM
import SpanielTestSupport
import Tensor
import Testing

/// One of the tiny models of Tests/Goldens/SAM or SAM2, and what transformers computes with it step by step.
struct SAMGolden: Sendable, CustomTestStringConvertible {
    let name: String
    var area = "SAM"

    static let all = [SAMGolden(name: "tiny"), SAMGolden(name: "odd")]
    static let second = [SAMGolden(name: "tiny", area: "SAM2"), SAMGolden(name: "odd", area: "SAM2")]
    static let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens")

    var testDescription: String { "\(area) \(name)" }
    var folder: URL { Self.goldens.appending(path: "\(area)/\(name)") }

    func model() throws -> SAM { try SAM(contentsOf: folder, precision: .float32) }

    func steps() throws -> Steps {
        Steps(file: try Safetensors(contentsOf: folder.appending(path: "steps.safetensors")))
    }

    struct Steps: Sendable {
        let file: Safetensors

        subscript(_ name: String) -> Tensor {
            get throws { try file.tensor(#require(file.entry(name), "no \(name) in the golden")) }
        }

        func contains(_ name: String) -> Bool { file.entry(name) != nil }

        /// A picture stored as [H, W, 3].
        func picture(_ i: Int) throws -> Picture {
            let tensor = try self["picture.\(i)"]
            return Picture(
                rgb: tensor.array.map { UInt8($0) }, width: tensor.shape[1], height: tensor.shape[0])
        }

        /// The golden's prompts, 0..<11.
        func prompt(_ i: Int) throws -> (prompt: SAM.Prompt, multimask: Bool) {
            var prompt = SAM.Prompt()
            if contains("prompt.\(i).points") {
                let points = try self["prompt.\(i).points"]
                prompt.points = (0..<points.shape[0]).map { row in
                    .init(
                        Point(x: Double(points[row, 0]), y: Double(points[row, 1])),
                        isObject: points[row, 2] == 1)
                }
            }
            if contains("prompt.\(i).box") {
                let box = try self["prompt.\(i).box"].array.map(Double.init)
                prompt.box = Box(x1: box[0], y1: box[1], x2: box[2], y2: box[3])
            }
            if contains("prompt.\(i).mask") { prompt.mask = try self["prompt.\(i).mask"] }
            return (prompt, try self["prompt.\(i).multimask"].array == [1])
        }

        static let promptCount = 11
    }
}
