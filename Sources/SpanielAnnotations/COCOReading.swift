import SpanielFiles
import SpanielImaging
import SpanielJSON

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension COCO {
    /// Reads a COCO file with pictures, classes and objects; keys it does not know are passed over.
    ///
    /// - Throws: `AnnotationError`, naming the place in the file and what is expected there.
    public init(contentsOf url: URL) throws(AnnotationError) {
        let bytes: [UInt8]
        do { bytes = try ReadableFile.bytes(of: url, limit: 2 << 30) } catch { throw .file(error) }
        try self.init(parsing: bytes, name: url.lastPathComponent)
    }

    /// - Parameter name: what errors call the file.
    public init(parsing bytes: [UInt8], name: String) throws(AnnotationError) {
        let root: JSON
        do { root = try JSON(parsing: bytes) } catch { throw .json(file: name, problem: error.description) }
        let top = Field(root, file: name, path: "")
        categories = try top["categories"].elements { field throws(AnnotationError) in
            Category(id: try field["id"].int(), name: try field["name"].string())
        }
        images = try top["images"].elements { field throws(AnnotationError) in
            let width = try field["width"].int(in: 1...Limits.pixels)
            let height = try field["height"].int(in: 1...Limits.pixels / width)
            return Image(id: try field["id"].int(), fileName: try field["file_name"].string(), size: Size(width: width, height: height))
        }
        try top["images"].checkDistinct(images.map(\.id))
        try top["categories"].checkDistinct(categories.map(\.id))
        let sizes = Dictionary(uniqueKeysWithValues: images.map { ($0.id, $0.size) })
        let classes = Set(categories.map(\.id))
        annotations = try top["annotations"].elements { field throws(AnnotationError) in
            let image = try field["image_id"].int()
            guard let size = sizes[image] else { throw field["image_id"].error(expected: "the id of one of the images") }
            let category = try field["category_id"].int()
            guard classes.contains(category) else { throw field["category_id"].error(expected: "the id of one of the categories") }
            return try Annotation(field, image: image, category: category, size: size)
        }
        try top["annotations"].checkDistinct(annotations.map(\.id))
    }
}

extension COCO.Annotation {
    /// Area and box may be missing where there is a mask to take them from.
    fileprivate init(_ field: Field, image: Int, category: Int, size: Size) throws(AnnotationError) {
        let segmentation = try COCO.Segmentation(field["segmentation"], size: size)
        var box: Box
        if field["bbox"].isMissing, let own = segmentation?.mask(size: size).box {
            box = own
        } else {
            let numbers = try field["bbox"].numbers()
            guard numbers.count == 4 else { throw field["bbox"].error(expected: "[x, y, width, height]") }
            box = Box(x1: numbers[0], y1: numbers[1], x2: numbers[0] + numbers[2], y2: numbers[1] + numbers[3])
        }
        let area = field["area"].isMissing ? segmentation.map { Double($0.area(size: size)) } ?? box.area : try field["area"].double()
        self.init(
            id: try field["id"].int(), imageID: image, categoryID: category, box: box, area: area, segmentation: segmentation,
            score: field["score"].isMissing ? nil : try field["score"].double(),
            isCrowd: field["iscrowd"].isMissing ? false : try field["iscrowd"].int(in: 0...1) == 1)
    }
}

extension COCO.Segmentation {
    /// - Parameter size: the picture's, which run lengths must have.
    fileprivate init?(_ field: Field, size: Size) throws(AnnotationError) {
        if field.isMissing { return nil }
        guard field.isObject else {
            let rings = try field.elements { ring throws(AnnotationError) in
                let numbers = try ring.numbers()
                guard numbers.count >= 6, numbers.count % 2 == 0 else {
                    throw ring.error(expected: "x and y of three corners at least, found \(numbers.count) numbers")
                }
                return stride(from: 0, to: numbers.count, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) }
            }
            guard !rings.isEmpty else { return nil }
            self = .polygons(rings)
            return
        }
        let sides = try field["size"].ints()
        guard sides == [size.height, size.width] else {
            throw field["size"].error(expected: "[\(size.height), \(size.width)], the height and width of its image")
        }
        let counts = field["counts"]
        do throws(RLEError) {
            if let text = counts.value?.string {
                self = .runLengths(try RLE(compressed: text, size: size))
                return
            }
        } catch { throw counts.error(expected: "run lengths of the image's pixels", found: error.description) }
        let list = try counts.ints()
        do { self = .runLengths(try RLE(counts: list, size: size)) } catch {
            throw counts.error(expected: "run lengths of the image's pixels", found: error.description)
        }
    }
}
