import Foundation
import Spaniel

/// The boots and pumpkins of the pictures in Examples/, of which one shows neither.
enum LabelledExamples {
    private static let labels: [(file: String, objects: [(String, Box)])] = [
        (
            "shelf.jpg",
            [
                ("boot", Box(x1: 50, y1: 85, x2: 204, y2: 214)),
                ("boot", Box(x1: 435, y1: 78, x2: 612, y2: 222)),
                ("pumpkin", Box(x1: 110, y1: 291, x2: 247, y2: 429)),
            ]
        ),
        (
            "lawn.jpg",
            [
                ("pumpkin", Box(x1: 52, y1: 59, x2: 169, y2: 179)),
                ("boot", Box(x1: 158, y1: 245, x2: 341, y2: 420)),
                ("boot", Box(x1: 494, y1: 325, x2: 606, y2: 439)),
                ("boot", Box(x1: 291, y1: 51, x2: 383, y2: 173)),
            ]
        ),
        (
            "crowd.jpg",
            [
                ("boot", Box(x1: 37, y1: 63, x2: 188, y2: 180)),
                ("boot", Box(x1: 226, y1: 48, x2: 370, y2: 158)),
                ("boot", Box(x1: 423, y1: 63, x2: 571, y2: 198)),
                ("boot", Box(x1: 149, y1: 235, x2: 279, y2: 411)),
                ("boot", Box(x1: 325, y1: 267, x2: 461, y2: 394)),
                ("pumpkin", Box(x1: 496, y1: 265, x2: 623, y2: 395)),
            ]
        ),
        (
            "path.jpg",
            []
        ),
    ]

    /// - Parameter name: what an object of a class is labelled as.
    static func scenes(naming name: (String) -> String = { $0 }) throws -> [(
        picture: Picture, labelled: [LabelledRegion]
    )] {
        try labels.map { file, objects in
            (
                try Picture(contentsOf: Materials.example(file)),
                objects.map { LabelledRegion(className: name($0), box: $1) }
            )
        }
    }
}
