import SpanielFiles
import SpanielImaging
package import SpanielJSON
public import SpanielPlatform

extension COCO {
    /// Writes the file, whole or not at all.
    ///
    /// - Throws: `AnnotationError.file` when the place cannot be written.
    public func write(to url: URL) throws(AnnotationError) {
        do { try AtomicFile.write(json.bytes(), to: url) } catch { throw .file(error) }
    }

    static let info: JSON = ["description": "Written by spaniel"]

    package var json: JSON {
        var top: JSON = ["info": extras["info"] ?? Self.info, "licenses": extras["licenses"] ?? []]
        top["images"] = JSON(
            images.map { image in
                let fields: JSON = [
                    "id": JSON(image.id), "file_name": JSON(image.fileName), "width": JSON(image.size.width),
                    "height": JSON(image.size.height),
                ]
                return fields.with(image.extras)
            })
        top["annotations"] = JSON(annotations.map(\.json))
        top["categories"] = JSON(
            categories.map { category in
                let fields: JSON = ["id": JSON(category.id), "name": JSON(category.name)]
                return fields.with(category.extras).with(["supercategory": ""])
            })
        return top.with(extras)
    }
}

extension COCO.Annotation {
    var json: JSON {
        var fields: JSON = [
            "id": JSON(id), "image_id": JSON(imageID), "category_id": JSON(categoryID),
            "bbox": box.widthAndHeight,
            "area": .short(area), "iscrowd": JSON(isCrowd ? 1 : 0),
        ]
        if let segmentation { fields["segmentation"] = segmentation.json }
        if let score { fields["score"] = JSON(score) }
        if let provenance { fields["provenance"] = JSON(provenance.text) }
        return fields.with(extras)
    }
}

extension Box {
    /// COCO's [x, y, width, height].
    var widthAndHeight: JSON { [.short(x1), .short(y1), .short(x2 - x1), .short(y2 - y1)] }
}

extension COCO.Segmentation {
    var json: JSON {
        switch self {
        case .polygons(let rings):
            JSON(rings.map { ring in JSON(ring.flatMap { [JSON.short($0.x), .short($0.y)] }) })
        case .runLengths(let rle): rle.json
        }
    }
}

extension RLE {
    /// The object of size and text that pycocotools reads.
    var json: JSON { ["size": [JSON(size.height), JSON(size.width)], "counts": JSON(compressed)] }
}

extension JSON {
    /// The fields of an object with others behind them; those that are there already stay.
    func with(_ others: Object) -> JSON {
        guard !others.isEmpty, case .object(var fields) = self else { return self }
        for (key, value) in others { fields.append(key, value) }
        return .object(fields)
    }

    /// A whole number without its ".0".
    static func short(_ value: Double) -> JSON { Int(exactly: value).map { JSON($0) } ?? JSON(value) }
}
