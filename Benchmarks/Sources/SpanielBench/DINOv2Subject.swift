import DINOv2
import Foundation
import Tensor

/// DINOv2: a picture of the size of the training to its tokens.
struct DINOv2Subject: Subject {
    static let tasks = ["answer"]
    private let dino: DINOv2
    private let picture = Picture.sample(side: 518)

    init(_ folder: URL, _ precision: Tensor.Precision) throws {
        dino = try DINOv2(contentsOf: folder, precision: precision)
    }

    mutating func time(_ task: String) throws -> Double {
        guard task == "answer" else { throw UnknownTask(task: task, tasks: Self.tasks) }
        return try measured { _ = try dino.encode(picture) }
    }

    mutating func values() throws -> [Float] {
        let encoding = try dino.encode(picture)
        let tokens = [encoding.classToken, encoding.registers, encoding.patches].flatMap(\.array)
        return stride(from: 0, to: tokens.count, by: max(1, tokens.count / 300)).map { tokens[$0] }
    }
}
