import Foundation
import Spaniel
import SpanielAnnotations
import SpanielJSON

/// The committed evaluation set: `Weights/Training/heldout`, made by `heldout.py`, whose head says what it
/// is.
struct HeldOut {
    /// A picture with one instance to learn from, one with some, one without.
    struct Find {
        let reference: String
        let example: Int
        let present: String
        let instances: [Int]
        let absent: String
    }

    /// A picture and what it is asked.
    struct Words {
        let image: String
        let texts: [(text: String, fits: [Int], unsure: [Int])]
    }

    let find: [Find]
    let words: [Words]
    let pictures: [LabelledPicture]
    private let objects: [Int: LabelledObject]

    static let weights = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "Weights")
    private static let folder = weights.appending(path: "Training/heldout")

    init() throws {
        pictures = try LabelledSet.read(.coco, at: Self.folder.appending(path: "truth.coco.json")).set
            .pictures
        objects = Dictionary(
            uniqueKeysWithValues: try pictures.flatMap(\.objects).map { (try Missing.unwrap($0.number), $0) })
        let cases = try JSON(parsing: Data(contentsOf: Self.folder.appending(path: "cases.json")))
        find = try Missing.unwrap(cases["find"]?.array).map { one in
            Find(
                reference: try Missing.unwrap(one["reference"]?.string),
                example: try Missing.unwrap(one["example"]?.int),
                present: try Missing.unwrap(one["present"]?.string),
                instances: try Self.numbers(one["instances"]),
                absent: try Missing.unwrap(one["absent"]?.string))
        }
        words = try Missing.unwrap(cases["words"]?.array).map { one in
            Words(
                image: try Missing.unwrap(one["image"]?.string),
                texts: try Missing.unwrap(one["texts"]?.array).map { asked in
                    (
                        try Missing.unwrap(asked["text"]?.string), try Self.numbers(asked["fits"]),
                        try Self.numbers(asked["unsure"])
                    )
                })
        }
    }

    private static func numbers(_ value: JSON?) throws -> [Int] {
        try Missing.unwrap(value?.array).map { try Missing.unwrap($0.int) }
    }

    func picture(_ file: String) throws -> Picture {
        try Picture(contentsOf: Self.folder.appending(path: file))
    }

    func box(_ id: Int) throws -> Box { try Missing.unwrap(objects[id]).box }

    func mask(_ id: Int, _ size: Size) throws -> Mask { try Missing.unwrap(objects[id]).mask(size: size) }

    /// All pixels of some instances.
    func masks(_ ids: [Int], _ size: Size) throws -> Mask {
        try ids.reduce(into: Mask(size: size)) { $0.formUnion(try mask($1, size)) }
    }
}

/// A file of ours lacks something; the line says which.
struct Missing: Error {
    let line: Int

    static func unwrap<Value>(_ value: Value?, line: Int = #line) throws -> Value {
        guard let value else { throw Missing(line: line) }
        return value
    }
}
