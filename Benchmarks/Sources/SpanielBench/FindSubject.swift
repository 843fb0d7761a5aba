import Foundation
import Spaniel
import Tensor

/// PerSAM by DINOv2's features: a picture encoded by both models, and the boot of Examples/ searched for in it.
struct FindSubject: Subject {
    static let tasks = ["encode", "search"]
    private let persam: PerSAM
    private let concept: PerSAM.Concept
    private let picture: Picture
    private var encoding: PerSAM.Encoding?

    init(_ folder: URL, features: URL, _ precision: Tensor.Precision) throws {
        let dino = try DINOv2(contentsOf: features, precision: precision)
        persam = PerSAM(
            try SAM(contentsOf: folder, precision: precision), features: try DINOv2Features(dino))
        let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Examples")
        concept = try persam.learn([
            Example(
                Picture(contentsOf: examples.appending(path: "boot.jpg")),
                mask: Mask(contentsOf: examples.appending(path: "boot-mask.png")))
        ])
        picture = try Picture(contentsOf: examples.appending(path: "shelf.jpg"))
    }

    mutating func time(_ task: String) throws -> Double {
        switch task {
        case "encode": return try measured { encoding = try persam.encode(picture) }
        case "search":
            let scene = try encoded()
            return try measured { _ = try persam.find(concept, in: scene) }
        default: throw UnknownTask(task: task, tasks: Self.tasks)
        }
    }

    /// The similarity of each cell, then the scores of the places.
    mutating func values() throws -> [Float] {
        let findings = try persam.find(concept, in: encoded())
        return findings.similarity[0].values + findings.candidates.compactMap(\.score)
    }

    private mutating func encoded() throws -> PerSAM.Encoding {
        let scene = try encoding ?? persam.encode(picture)
        encoding = scene
        return scene
    }
}
