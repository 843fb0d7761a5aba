import Foundation
import SAM
import Tensor

/// SAM: the picture's encode, one point's decode on it, and the masks of everything, from 1,024 points.
struct SAMSubject: Subject {
    static let tasks = ["encode", "decode", "everything"]
    private let sam: SAM
    private let picture: Picture
    private let prompt: SAM.Prompt
    private var encoding: SAM.Encoding?

    init(_ folder: URL, _ precision: Tensor.Precision) throws {
        sam = try SAM(contentsOf: folder, precision: precision)
        let side = sam.imageSize
        picture = .sample(side: side)
        prompt = SAM.Prompt(point: Point(x: 0.55 * Double(side), y: 0.4 * Double(side)))
    }

    mutating func time(_ task: String) throws -> Double {
        switch task {
        case "encode": return try measured { encoding = try sam.encode(picture) }
        case "decode":
            let scene = try encoded()
            return try measured { _ = try masks(in: scene) }
        case "everything":
            let scene = try encoded()
            return try measured { _ = try SAM.AutomaticMaskGenerator(sam).masks(in: scene) }
        default: throw UnknownTask(task: task, tasks: Self.tasks)
        }
    }

    /// Every 3,071st logit of the three masks.
    mutating func values() throws -> [Float] {
        let logits = try masks(in: encoded()).flatMap { $0.logits.array }
        return stride(from: 0, to: logits.count, by: 3071).map { logits[$0] }
    }

    private func masks(in scene: SAM.Encoding) throws -> [SAM.Prediction] {
        try sam.masks(for: prompt, in: scene, multimask: true)
    }

    private mutating func encoded() throws -> SAM.Encoding {
        let scene = try encoding ?? sam.encode(picture)
        encoding = scene
        return scene
    }
}
