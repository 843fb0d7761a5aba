import Foundation
import Spaniel
import Tensor

/// What the tests of this folder work on.
enum Materials {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func sam() throws -> SAM { try model.get() }

    private static let model = Result {
        try SAM(contentsOf: root.appending(path: "Weights/sam-nano"), precision: .float32)
    }

    /// The boot's picture and the shelf, encoded once for all tests: with the naive kernels that takes seconds.
    static func encodedBoot() throws -> SAM.Encoding { try encodings.boot.get() }
    static func encodedShelf() throws -> SAM.Encoding { try encodings.shelf.get() }

    private static let encodings = (
        boot: Result { try sam().encode(Picture(contentsOf: example("boot.jpg"))) },
        shelf: Result { try sam().encode(Picture(contentsOf: example("shelf.jpg"))) }
    )

    static func example(_ name: String) -> URL { root.appending(path: "Examples/\(name)") }

    /// A tiny model of random weights: it finds nonsense, in the right form.
    static func golden(_ path: String) -> URL { root.appending(path: "Tests/Goldens/\(path)") }

    static func boot() throws -> (picture: Picture, mask: Mask) {
        (try Picture(contentsOf: example("boot.jpg")), try Mask(contentsOf: example("boot-mask.png")))
    }
}
