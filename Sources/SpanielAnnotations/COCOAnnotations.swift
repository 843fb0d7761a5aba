import SpanielImaging
import SpanielJSON

/// The annotations of a COCO file, read one by one: those written as usual straight from the text, the others
/// through a tree that can name what is wrong.
struct COCOAnnotations {
    let classes: COCOIDs
    let pictures: COCOIDs
    let known: Set<Int>
    /// The size 0 x 0 is that of a picture that is left out.
    let sizes: [Int: Size]
    /// Every id of the list of images.
    let declared: Set<Int>

    func read(_ file: COCOFile, _ reading: inout Reading) throws(AnnotationError) -> [COCO.Annotation] {
        let list = Field(nil, file: file.name, path: "annotations")
        guard var reader = file.annotations else { throw list.error(expected: "a list") }
        var annotations: [COCO.Annotation] = []
        var ids = Set<Int>()
        var nameless: [Int] = []
        do {
            guard try reader.kind() == .array else {
                throw Field(try reader.value(), file: file.name, path: "annotations").error(
                    expected: "a list")
            }
            try reader.openArray()
            var index = 0
            while try reader.nextElement() {
                defer { index += 1 }
                let start = reader
                if let plain = PlainAnnotation(&reader), let id = plain.id,
                    let size = sizes[plain.image], size.width > 0, known.contains(plain.category),
                    ids.insert(id).inserted
                {
                    let place = Field(nil, file: file.name, path: "annotations[\(index)]")
                    if let annotation = try inside(
                        plain.annotation(id), size, place["bbox"], &reading)
                    {
                        annotations.append(annotation)
                    }
                    continue
                }
                reader = start
                let field = Field(try reader.value(), file: file.name, path: "annotations[\(index)]")
                guard let (read, size) = try annotation(field, &reading) else { continue }
                var annotation = read
                if let id = field["id"].value?.whole {
                    annotation.id = id
                    if !ids.insert(id).inserted {
                        reading.shape(field["id"].taken(id), as: .numbered)
                        nameless.append(annotations.count)
                    }
                } else {
                    reading.shape(field["id"].error(expected: "a whole number"), as: .numbered)
                    nameless.append(annotations.count)
                }
                if let cut = try inside(annotation, size, field["bbox"], &reading) {
                    annotations.append(cut)
                } else if nameless.last == annotations.count {
                    nameless.removeLast()
                }
            }
        } catch let error as AnnotationError {
            throw error
        } catch let error as JSONError {
            throw AnnotationFile.problem(error, in: file.bytes, name: file.name)
        } catch { preconditionFailure("\(error)") }
        var next = 1
        for place in nameless {
            while !ids.insert(next).inserted { next += 1 }
            annotations[place].id = next
        }
        return annotations
    }

    /// An annotation by its fields; nil where it is left out.
    private func annotation(_ field: Field, _ reading: inout Reading) throws(AnnotationError) -> (
        COCO.Annotation, Size
    )? {
        do throws(AnnotationError) {
            guard let image = pictures.number(of: field["image_id"].value), declared.contains(image) else {
                reading.shape(
                    field["image_id"].error(expected: "the id of one of the images"), as: .unlistedPicture)
                return nil
            }
            // Its picture is left out, and said to be.
            guard let size = sizes[image], size.width > 0 else { return nil }
            guard let category = classes.number(of: field["category_id"].value), known.contains(category)
            else {
                reading.shape(
                    field["category_id"].error(expected: "the id of one of the categories"),
                    as: .unlistedClass)
                return nil
            }
            return (
                try COCO.Annotation(field, id: 0, image: image, category: category, size: size), size
            )
        } catch {
            reading.shape(error)
            return nil
        }
    }

    private func inside(
        _ annotation: COCO.Annotation, _ size: Size, _ place: Field, _ reading: inout Reading
    ) throws(AnnotationError) -> COCO.Annotation? {
        guard annotation.box.overhang(of: size) > 0 else { return annotation }
        do throws(AnnotationError) {
            let error = {
                Field(annotation.box.widthAndHeight, like: place).outside(size)
            }
            guard
                let object = try reading.inside(
                    LabelledObject(annotation, classIndex: 0), size, error: error)
            else { return nil }
            var cut = annotation
            cut.box = object.box
            if case .polygons(let polygons) = object.shape {
                cut.segmentation = .polygons(polygons.map(\.outer))
            }
            if object.area == nil {
                cut.area = cut.segmentation.map { Double($0.rle(size: size).area) } ?? object.box.area
            }
            return cut
        } catch {
            reading.shape(error)
            return nil
        }
    }
}

/// An annotation as most files have it: whole numbers for ids, four numbers for the box, rings of numbers.
private struct PlainAnnotation {
    var id: Int?
    var image = 0
    var category = 0
    private var box: Box
    private var area: Double?
    private var rings: [[Point]] = []
    private var score: Double?
    private var isCrowd = false
    private var provenance: LabelledObject.Provenance?
    private var extras = JSON.Object()

    /// nil: it is written in another way; the reader then stands anywhere inside.
    init?(_ reader: inout JSONReader) {
        var box: Box?
        var hasImage = false
        var hasCategory = false
        do throws(JSONError) {
            guard try reader.kind() == .object else { return nil }
            self.box = Box(x1: 0, y1: 0, x2: 0, y2: 0)
            try reader.openObject()
            var seen: UInt8 = 0
            while let key = try reader.nextKey() {
                func once(_ bit: UInt8) -> Bool {
                    defer { seen |= bit }
                    return seen & bit == 0
                }
                switch key {
                case "id":
                    guard once(1), let id = try Self.whole(&reader) else { return nil }
                    self.id = id
                case "image_id":
                    guard once(2), let id = try Self.whole(&reader) else { return nil }
                    (image, hasImage) = (id, true)
                case "category_id":
                    guard once(4), let id = try Self.whole(&reader) else { return nil }
                    (category, hasCategory) = (id, true)
                case "bbox":
                    guard once(8), try reader.kind() == .array else { return nil }
                    guard let corners = try Self.box(&reader) else { return nil }
                    box = corners
                case "area":
                    guard once(16), try reader.kind() == .number else { return nil }
                    area = try reader.double()
                case "iscrowd":
                    guard once(32), let flag = try Self.whole(&reader), flag == 0 || flag == 1 else {
                        return nil
                    }
                    isCrowd = flag == 1
                case "score":
                    guard once(64), try reader.kind() == .number else { return nil }
                    score = try reader.double()
                case "segmentation":
                    guard once(128), try reader.kind() == .array, try rings(&reader) else { return nil }
                default:
                    let value = try reader.value()
                    if key == "provenance", let who = value.string.flatMap(LabelledObject.Provenance.init) {
                        provenance = who
                    } else if key == "attributes" || !extras.append(key, value) {
                        // A box may be turned by an attribute; a key twice is a fault.
                        return nil
                    }
                }
            }
        } catch { return nil }
        guard hasImage, hasCategory, let box else { return nil }
        self.box = box
        // The area of a mask without one is counted in its picture.
        if area == nil, !rings.isEmpty { return nil }
    }

    func annotation(_ id: Int) -> COCO.Annotation {
        var annotation = COCO.Annotation(
            id: id, imageID: image, categoryID: category, box: box, area: area ?? box.area,
            segmentation: rings.isEmpty ? nil : .polygons(rings), score: score, isCrowd: isCrowd)
        annotation.provenance = provenance
        annotation.extras = extras
        return annotation
    }

    private static func whole(_ reader: inout JSONReader) throws(JSONError) -> Int? {
        guard try reader.kind() == .number else { return nil }
        return Int(exactly: try reader.double()).flatMap { abs($0) < 1 << 53 ? $0 : nil }
    }

    private static func box(_ reader: inout JSONReader) throws(JSONError) -> Box? {
        try reader.openArray()
        var numbers = (0.0, 0.0, 0.0, 0.0)
        var count = 0
        while try reader.nextElement() {
            guard try reader.kind() == .number else { return nil }
            let number = try reader.double()
            switch count {
            case 0: numbers.0 = number
            case 1: numbers.1 = number
            case 2: numbers.2 = number
            case 3: numbers.3 = number
            default: return nil
            }
            count += 1
        }
        guard count == 4, numbers.2 >= 0, numbers.3 >= 0 else { return nil }
        return Box(
            x1: numbers.0, y1: numbers.1, x2: numbers.0 + numbers.2, y2: numbers.1 + numbers.3)
    }

    /// Whether they are rings of three corners at least.
    private mutating func rings(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        try reader.openArray()
        while try reader.nextElement() {
            guard try reader.kind() == .array else { return false }
            try reader.openArray()
            var ring: [Point] = []
            ring.reserveCapacity(16)
            var x: Double?
            while try reader.nextElement() {
                guard try reader.kind() == .number else { return false }
                let number = try reader.double()
                if let first = x {
                    ring.append(Point(x: first, y: number))
                    x = nil
                } else {
                    x = number
                }
            }
            guard x == nil, ring.count >= 3 else { return false }
            rings.append(ring)
        }
        return true
    }
}
