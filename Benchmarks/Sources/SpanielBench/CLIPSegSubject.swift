import CLIPSeg
import Foundation
import Tensor

/// CLIPSeg: a picture and one text, and a further text on an encoded picture.
struct CLIPSegSubject: Subject {
    static let tasks = ["answer", "further"]
    private let clipseg: CLIPSeg
    private let picture = Picture.sample(side: 352)
    private var texts = FreshTexts()
    private var encoding: CLIPSeg.Encoding?

    init(_ folder: URL, _ precision: Tensor.Precision) throws {
        clipseg = try CLIPSeg(contentsOf: folder, precision: precision)
    }

    mutating func time(_ task: String) throws -> Double {
        let text = texts.next(after: "a mug")
        switch task {
        case "answer":
            return try measured {
                _ = try clipseg.logits(for: clipseg.embed([text]), in: clipseg.encode(picture))
            }
        case "further":
            let (scene, prompts) = try (encoding ?? clipseg.encode(picture), clipseg.embed([text]))
            encoding = scene
            return try measured { _ = try clipseg.logits(for: prompts, in: scene) }
        default: throw UnknownTask(task: task, tasks: Self.tasks)
        }
    }

    mutating func values() throws -> [Float] {
        let logits = try clipseg.logits(for: clipseg.embed(["a mug 000"]), in: clipseg.encode(picture)).array
        return stride(from: 0, to: logits.count, by: max(1, logits.count / 300)).map { logits[$0] }
    }
}
