import SpanielFiles
import SpanielImaging
import SpanielJSON
public import SpanielPlatform

extension COCO {
    /// Reads a COCO file with pictures, classes and objects; keys it does not know are kept.
    ///
    /// - Parameter allowsBoxesOutside: accepts boxes that reach more than a pixel out of their picture, as
    ///   detectors write them.
    /// - Throws: `AnnotationError`, naming the place in the file and what is expected there.
    public init(contentsOf url: URL, allowsBoxesOutside: Bool = false) throws(AnnotationError) {
        try self.init(
            parsing: AnnotationFile.bytes(of: url), name: url.lastPathComponent,
            allowsBoxesOutside: allowsBoxesOutside)
    }

    /// - Parameter name: what errors call the file.
    public init(parsing bytes: [UInt8], name: String, allowsBoxesOutside: Bool = false)
        throws(AnnotationError)
    {
        let top = Field(try AnnotationFile.json(bytes, name: name), file: name, path: "")
        categories = try top["categories"].elements { field throws(AnnotationError) in
            var category = Category(id: try field["id"].int(), name: try field["name"].string())
            category.extras = field.others("id", "name") { $0 == "supercategory" && $1.string == "" }
            return category
        }
        images = try top["images"].elements { field throws(AnnotationError) in
            let size = try field.size()
            var image = Image(
                id: try field["id"].int(), fileName: try field["file_name"].string(), size: size)
            image.extras = field.others("id", "file_name", "width", "height")
            return image
        }
        try top["images"].checkDistinct(images.map(\.id))
        try top["categories"].checkDistinct(categories.map(\.id))
        let sizes = Dictionary(uniqueKeysWithValues: images.map { ($0.id, $0.size) })
        let classes = Set(categories.map(\.id))
        annotations = try top["annotations"].elements { field throws(AnnotationError) in
            let image = try field["image_id"].int()
            guard let size = sizes[image] else {
                throw field["image_id"].error(expected: "the id of one of the images")
            }
            let category = try field["category_id"].int()
            guard classes.contains(category) else {
                throw field["category_id"].error(expected: "the id of one of the categories")
            }
            let annotation = try Annotation(
                field, id: field["id"].int(), image: image, category: category, size: size)
            if !allowsBoxesOutside { try field["bbox"].check(annotation.box, inside: size) }
            return annotation
        }
        try top["annotations"].checkDistinct(annotations.map(\.id))
        extras = top.others("images", "categories", "annotations") { key, value in
            key == "info" && value == Self.info || key == "licenses" && value == []
        }
    }
}

extension COCO.Annotation {
    /// Area and box may be missing where there is a mask to take them from.
    init(_ field: Field, id: Int, image: Int, category: Int, size: Size) throws(AnnotationError) {
        let segmentation = try COCO.Segmentation(field["segmentation"], size: size)
        let box: Box
        if field["bbox"].isMissing, let segmentation {
            // A mask without a pixel has the box pycocotools gives it.
            box = segmentation.rle(size: size).box ?? Box(x1: 0, y1: 0, x2: 0, y2: 0)
        } else {
            let numbers = try field["bbox"].numbers()
            guard numbers.count == 4, numbers[2] >= 0, numbers[3] >= 0 else {
                throw field["bbox"].error(expected: "[x, y, width, height]")
            }
            box = Box(
                x1: numbers[0], y1: numbers[1], x2: numbers[0] + numbers[2], y2: numbers[1] + numbers[3])
        }
        let area =
            field["area"].isMissing
            ? segmentation.map { Double($0.rle(size: size).area) } ?? box.area : try field["area"].double()
        self.init(
            id: id, imageID: image, categoryID: category, box: box, area: area, segmentation: segmentation,
            score: field["score"].isMissing ? nil : try field["score"].double(),
            isCrowd: field["iscrowd"].isMissing ? false : try field["iscrowd"].int(in: 0...1) == 1)
        provenance = field["provenance"].value?.string.flatMap(LabelledObject.Provenance.init(text:))
        extras = field.others(
            "id", "image_id", "category_id", "bbox", "area", "segmentation", "score", "iscrowd",
            provenance == nil ? "id" : "provenance")
    }
}

extension COCO.Segmentation {
    /// - Parameter size: the picture's, which run lengths must have.
    init?(_ field: Field, size: Size) throws(AnnotationError) {
        if field.isMissing { return nil }
        guard field.isObject else {
            let rings = try field.elements { ring throws(AnnotationError) in
                let numbers = try ring.numbers()
                guard numbers.count >= 6, numbers.count % 2 == 0 else {
                    throw ring.error(
                        expected: "x and y of three corners at least, found \(numbers.count) numbers")
                }
                return stride(from: 0, to: numbers.count, by: 2).map {
                    Point(x: numbers[$0], y: numbers[$0 + 1])
                }
            }
            guard !rings.isEmpty else { return nil }
            self = .polygons(rings)
            return
        }
        let sides = try field["size"].ints()
        guard sides == [size.height, size.width] else {
            throw field["size"].error(
                expected: "[\(size.height), \(size.width)], the height and width of its image")
        }
        let counts = field["counts"]
        do throws(RLEError) {
            if let text = counts.value?.string {
                self = .runLengths(try RLE(compressed: text, size: size))
                return
            }
        } catch {
            throw counts.error(expected: "run lengths of the image's pixels", found: error.description)
        }
        let list = try counts.ints()
        do { self = .runLengths(try RLE(counts: list, size: size)) } catch {
            throw counts.error(expected: "run lengths of the image's pixels", found: error.description)
        }
    }
}
