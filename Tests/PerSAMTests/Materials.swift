import Foundation
import PerSAM
import SpanielTestSupport
import Synchronization
import Tensor
import Testing

/// The model that ships, the pictures of Examples/, and what the original's arithmetic finds in small copies
/// of them.
enum Materials {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let goldens = root.appending(path: "Tests/Goldens/PerSAM")

    static func sam() throws -> SAM { try model.get() }

    private static let model = Result {
        try SAM(contentsOf: root.appending(path: "Weights/sam-nano"), precision: .float32)
    }

    static func scene(_ name: String) throws -> Picture {
        try Picture(contentsOf: root.appending(path: "Examples/\(name).jpg"))
    }

    static func boot(class className: String = "boot") throws -> Example {
        Example(
            try scene("boot"), mask: try Mask(contentsOf: root.appending(path: "Examples/boot-mask.png")),
            class: className)
    }

    /// A picture of Examples/ encoded, once for all tests: with the naive kernels it takes seconds.
    static func encoding(_ name: String) throws -> SAM.Encoding {
        try encodings.withLock { known in
            if let encoding = known[name] { return encoding }
            let encoding = try sam().encode(scene(name))
            known[name] = encoding
            return encoding
        }
    }

    private static let encodings = Mutex<[String: SAM.Encoding]>([:])

    /// The boot of Examples/ learnt, once for all tests.
    static func learntBoot() throws -> PerSAM.Concept { try concept.get() }

    private static let concept = Result { try PerSAM(sam()).learn([boot()]) }

    static func golden(_ name: String) throws -> [String: Tensor] {
        let file = try Safetensors(contentsOf: goldens.appending(path: "\(name).safetensors"))
        return try Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, try file.tensor($0)) })
    }

    static func small(_ name: String) throws -> Picture {
        try Picture(contentsOf: goldens.appending(path: "\(name).png"))
    }
}
