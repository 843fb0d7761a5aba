import Foundation
import SpanielImaging
import SpanielJSON

/// Records of a golden file made by Tests/Goldens/Scripts/masks.py.
func maskGoldens(_ name: String) throws -> [JSON] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Goldens/Masks/\(name).json"))
    return try JSON(parsing: data).array ?? []
}

extension JSON {
    /// COCO's order: height, width.
    var maskSize: Size { Size(width: self["size"]![1]!.int!, height: self["size"]![0]!.int!) }

    /// The mask whose compressed run lengths stand under a key.
    func mask(_ key: String = "counts") throws -> Mask {
        try Mask(RLE(compressed: self[key]!.string!, size: maskSize))
    }
}
