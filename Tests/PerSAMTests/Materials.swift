import Foundation
import PerSAM
import SpanielTestSupport
import Tensor
import Testing

/// The model that ships, the pictures of Examples/, and what the original's arithmetic finds in small copies
/// of them.
enum Materials {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let goldens = root.appending(path: "Tests/Goldens/PerSAM")

    static func sam() throws -> SAM {
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

    static func golden(_ name: String) throws -> [String: Tensor] {
        let file = try Safetensors(contentsOf: goldens.appending(path: "\(name).safetensors"))
        return try Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, try file.tensor($0)) })
    }

    static func small(_ name: String) throws -> Picture {
        try Picture(contentsOf: goldens.appending(path: "\(name).png"))
    }
}
