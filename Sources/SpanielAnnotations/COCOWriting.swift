import SpanielFiles
import SpanielImaging
import SpanielJSON

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension COCO {
    /// Writes the file, whole or not at all.
    ///
    /// - Throws: `AnnotationError.file` when the place cannot be written.
    public func write(to url: URL) throws(AnnotationError) {
        do { try AtomicFile.write(json.bytes(), to: url) } catch { throw .file(error) }
    }

    package var json: JSON {
        [
            "info": ["description": "Written by spaniel"],
            "licenses": [],
            "images": JSON(
                images.map {
                    ["id": JSON($0.id), "file_name": JSON($0.fileName), "width": JSON($0.size.width), "height": JSON($0.size.height)]
                }),
            "annotations": JSON(annotations.map(\.json)),
            "categories": JSON(categories.map { ["id": JSON($0.id), "name": JSON($0.name), "supercategory": ""] }),
        ]
    }
}

extension COCO.Annotation {
    fileprivate var json: JSON {
        var fields: JSON = [
            "id": JSON(id), "image_id": JSON(imageID), "category_id": JSON(categoryID),
            "bbox": [.short(box.x1), .short(box.y1), .short(box.x2 - box.x1), .short(box.y2 - box.y1)],
            "area": .short(area), "iscrowd": JSON(isCrowd ? 1 : 0),
        ]
        if let segmentation { fields["segmentation"] = segmentation.json }
        if let score { fields["score"] = JSON(score) }
        return fields
    }
}

extension COCO.Segmentation {
    fileprivate var json: JSON {
        switch self {
        case .polygons(let rings): JSON(rings.map { ring in JSON(ring.flatMap { [JSON.short($0.x), .short($0.y)] }) })
        case .runLengths(let rle): ["size": [JSON(rle.size.height), JSON(rle.size.width)], "counts": JSON(rle.compressed)]
        }
    }
}

extension JSON {
    /// A whole number without its ".0".
    fileprivate static func short(_ value: Double) -> JSON { Int(exactly: value).map { JSON($0) } ?? JSON(value) }
}
