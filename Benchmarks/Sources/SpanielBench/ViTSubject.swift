import Foundation
import SpanielImaging
import ViT
import Tensor

/// ViT: a picture to its classes.
struct ViTSubject: Subject {
    static let tasks = ["answer"]
    private let vit: ViT
    private let picture = Picture.sample(side: 224)

    init(_ folder: URL, _ precision: Tensor.Precision) throws {
        vit = try ViT(contentsOf: folder, precision: precision)
    }

    mutating func time(_ task: String) throws -> Double {
        guard task == "answer" else { throw UnknownTask(task: task, tasks: Self.tasks) }
        return try measured { _ = try vit.classify(vit.encode(picture)) }
    }

    /// The highest logit first.
    mutating func values() throws -> [Float] {
        let logits = try vit.classify(vit.encode(picture)).map { Float($0.logit) }
        return stride(from: 0, to: logits.count, by: max(1, logits.count / 300)).map { logits[$0] }
    }
}
