import Foundation
import Spaniel
import Tensor

/// What the tests of this folder work on.
enum Materials {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func sam() throws -> SAM {
        try SAM(contentsOf: root.appending(path: "Weights/sam-nano"), precision: .float32)
    }

    static func example(_ name: String) -> URL { root.appending(path: "Examples/\(name)") }

    /// A tiny model of random weights: it finds nonsense, in the right form.
    static func golden(_ path: String) -> URL { root.appending(path: "Tests/Goldens/\(path)") }

    static func boot() throws -> (picture: Picture, mask: Mask) {
        (try Picture(contentsOf: example("boot.jpg")), try Mask(contentsOf: example("boot-mask.png")))
    }
}
