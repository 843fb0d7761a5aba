import Foundation
import OWLViT
import Tensor

/// OWL-ViT: a picture and three texts, and a further text on an encoded picture; both to the objects above
/// one half, overlapping ones removed.
struct OWLViTSubject: Subject {
    static let tasks = ["answer", "further"]
    private static let words = ["a mug", "a boot", "a dog on grass"]
    private let owl: OWLViT
    private let picture = Picture.sample(side: 768)
    private var texts = FreshTexts()
    private var encoding: OWLViT.Encoding?

    init(_ folder: URL, _ precision: Tensor.Precision) throws {
        owl = try OWLViT(contentsOf: folder, precision: precision)
    }

    mutating func time(_ task: String) throws -> Double {
        let options = OWLViT.DetectOptions(threshold: 0.5)
        switch task {
        case "answer":
            let asked = Self.words.map { texts.next(after: $0) }
            return try measured {
                _ = try owl.detect(concepts(asked), in: owl.encode(picture), options: options)
            }
        case "further":
            let (scene, concepts) = try (
                encoding ?? owl.encode(picture), concepts([texts.next(after: "a mug")])
            )
            encoding = scene
            return try measured { _ = try owl.detect(concepts, in: scene, options: options) }
        default: throw UnknownTask(task: task, tasks: Self.tasks)
        }
    }

    /// Of every patch the highest logit, the highest first.
    mutating func values() throws -> [Float] {
        let everything = OWLViT.DetectOptions(threshold: 0, suppression: .none, clips: false)
        let logits = try owl.detect(
            concepts(Self.words.map { "\($0) 000" }), in: owl.encode(picture), options: everything
        ).map(\.logit)
        return stride(from: 0, to: logits.count, by: max(1, logits.count / 300)).map { logits[$0] }
    }

    private func concepts(_ texts: [String]) throws -> [OWLViT.Concept] {
        try zip(texts, owl.embed(texts)).map { try owl.concept($0, texts: [$1]) }
    }
}
