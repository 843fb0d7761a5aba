import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension COCO.Annotation {
    /// Area and box may be missing where there is a mask to take them from.
    init(_ field: Field, id: Int, image: Int, category: Int, size: Size) throws(AnnotationError) {
        var segmentation = try COCO.Segmentation(field["segmentation"], size: size)
        var box: Box
        let hasBox = !field["bbox"].isMissing && field["bbox"].value?.array?.isEmpty != true
        if !hasBox, let segmentation {
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
        // CVAT writes a turned box as an upright one with the angle as an attribute.
        let turn = field["attributes"]["rotation"].value?.number ?? 0
        let isTurned = segmentation == nil && turn.truncatingRemainder(dividingBy: 360) != 0
        if isTurned {
            let ring = Outlines.box(box, degrees: turn)
            segmentation = .polygons([ring])
            box = LabelledObject.Shape.polygons([Polygon(outer: ring)]).box ?? box
        }
        let area =
            field["area"].isMissing || isTurned
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
        if field.isMissing || field.value?.object?.isEmpty == true { return nil }
        if field.isObject {
            self = .runLengths(try Self.runLengths(field, size: size))
            return
        }
        let rings = try Self.rings(field)
        guard !rings.isEmpty else { return nil }
        self = .polygons(rings)
    }

    /// Rings of x and y in turns; one ring may stand without its brackets, or as pairs of x and y. An empty
    /// one is none.
    private static func rings(_ field: Field) throws(AnnotationError) -> [[Point]] {
        guard let list = field.value?.array else { throw field.error(expected: "a list") }
        if list.isEmpty { return [] }
        if list.allSatisfy({ $0.array == nil }) { return [try ring(field)] }
        if list.count >= 3, list.allSatisfy({ $0.array?.count == 2 && $0[0]?.array == nil }) {
            return [try field.points()]
        }
        return try field.elements { part throws(AnnotationError) in
            let isPairs = part.value?[0]?.array != nil
            return part.value?.array?.isEmpty == true ? [] : isPairs ? try part.points() : try ring(part)
        }.filter { !$0.isEmpty }
    }

    private static func ring(_ field: Field) throws(AnnotationError) -> [Point] {
        let numbers = try field.numbers()
        guard numbers.count >= 6, numbers.count % 2 == 0 else {
            throw field.error(
                expected: "x and y of three corners at least, found \(numbers.count) numbers")
        }
        return stride(from: 0, to: numbers.count, by: 2).map {
            Point(x: numbers[$0], y: numbers[$0 + 1])
        }
    }

    private static func runLengths(_ field: Field, size: Size) throws(AnnotationError) -> RLE {
        let sides = try field["size"].ints()
        guard sides == [size.height, size.width] else {
            throw field["size"].error(
                expected: "[\(size.height), \(size.width)], the height and width of its image")
        }
        let counts = field["counts"]
        do throws(RLEError) {
            if let text = counts.value?.string { return try RLE(compressed: text, size: size) }
        } catch {
            throw counts.error(expected: "run lengths of the image's pixels", found: error.description)
        }
        let list = try counts.ints()
        do { return try RLE(counts: list, size: size) } catch {
            throw counts.error(expected: "run lengths of the image's pixels", found: error.description)
        }
    }
}
