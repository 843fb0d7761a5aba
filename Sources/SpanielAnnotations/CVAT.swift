import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// CVAT's XML 1.1 "for images": boxes, polygons of one ring, and masks as run lengths row by row inside their
/// box.
///
/// Who made a shape is its `source`: manual, semi-auto or auto. A score is an attribute of that name.
enum CVAT {
    static func read(_ url: URL, _ options: AnnotationOptions, _ losses: inout Losses) throws(AnnotationError)
        -> LabelledSet
    {
        let root = try Tag(
            parsing: AnnotationFile.bytes(of: url), name: url.lastPathComponent, root: "annotations")
        if let version = root.child("version"), version.text != "1.1" {
            throw version.error("1.1", version.text.excerpt, at: "")
        }
        if let track = root.child("track") {
            throw track.error(
                "<image> elements (export as \"CVAT for images 1.1\")", "a video's track", at: "")
        }
        // Labels stand under meta/task, meta/job or meta/project.
        let owners = root.child("meta")?.children ?? []
        let labels = owners.compactMap { $0.child("labels") }.first
        var table = ClassTable()
        for label in labels?.children("label") ?? [] { _ = table.index(of: try label.required("name").text) }
        let isListed = labels != nil
        var pictures: [LabelledPicture] = []
        for image in root.children("image") {
            let width = try image.int("width", in: 1...Limits.pixels)
            let size = Size(width: width, height: try image.int("height", in: 1...Limits.pixels / width))
            var picture = LabelledPicture(file: try image.string("name"), size: size)
            if image["id"] != nil { picture.number = try image.int("id", in: 0...Int.max) }
            for shape in image.children {
                guard let object = try object(shape, size, options, isListed: isListed, &table, &losses)
                else { continue }
                picture.objects.append(object)
            }
            pictures.append(picture)
        }
        return isListed ? LabelledSet(classes: table.names, pictures: pictures) : table.set(sorted: pictures)
    }

    private static func object(
        _ tag: Tag, _ size: Size, _ options: AnnotationOptions, isListed: Bool, _ table: inout ClassTable,
        _ losses: inout Losses
    ) throws(AnnotationError) -> LabelledObject? {
        let box: Box?
        let shape: LabelledObject.Shape?
        switch tag.name {
        case "box":
            let (x1, y1, x2, y2) = (
                try tag.double("xtl"), try tag.double("ytl"), try tag.double("xbr"), try tag.double("ybr")
            )
            guard x1 <= x2, y1 <= y2 else {
                throw tag.error("xtl ≤ xbr and ytl ≤ ybr", "\(x1), \(y1), \(x2), \(y2)", at: "")
            }
            if let rotation = tag["rotation"], try tag.double(rotation, at: "rotation") != 0 {
                losses.count("rotated box", "rotated boxes", "read without their rotation")
            }
            (box, shape) = (Box(x1: x1, y1: y1, x2: x2, y2: y2), nil)
        case "polygon":
            let points = try points(tag)
            (box, shape) = (nil, .polygons([Polygon(outer: points)]))
        case "mask":
            let mask = try mask(tag, size)
            // An empty mask keeps the corner it was said to have.
            let corner = Point(x: try tag.double("left"), y: try tag.double("top"))
            (box, shape) = (
                mask.box ?? Box(x1: corner.x, y1: corner.y, x2: corner.x, y2: corner.y), .mask(mask.rle)
            )
        default:
            losses.count(
                "<\(tag.name)> element", "<\(tag.name)> elements", "left out: they outline no object")
            return nil
        }
        let label = try tag.string("label")
        guard !isListed || table.known(label) != nil else {
            throw tag.error("one of the labels of the file's head", label.excerpt, at: "label")
        }
        var object = LabelledObject(classIndex: table.index(of: label), box: box, shape: shape)
        if !options.allowsBoxesOutside, !object.box.isInside(size) {
            throw tag.error(
                "a shape inside the picture's \(size.width) x \(size.height) pixels", "\(object.box)", at: "")
        }
        switch tag["source"] {
        case "manual": object.provenance = .human
        case "semi-auto": object.provenance = .edited
        case "auto": object.provenance = .model(name: nil)
        default: break
        }
        var fields = JSON.Object()
        for (key, value) in [("occluded", "0"), ("z_order", "0"), ("group_id", "")] {
            if let text = tag[key], text != value { fields.append(key, JSON(text)) }
        }
        for attribute in tag.children("attribute") {
            let name = try attribute.string("name")
            if name == "score" {
                object.score = try attribute.double()
            } else {
                fields.append("@" + name, JSON(attribute.text))
            }
        }
        object.extras = Extras(.cvat, fields)
        return object
    }

    private static func points(_ tag: Tag) throws(AnnotationError) -> [Point] {
        var points: [Point] = []
        for pair in try tag.string("points").split(separator: ";") {
            let numbers = pair.split(separator: ",", omittingEmptySubsequences: false)
            guard numbers.count == 2 else { throw tag.error("x,y;x,y;…", pair.excerpt, at: "points") }
            points.append(
                Point(
                    x: try tag.double(numbers[0], at: "points"), y: try tag.double(numbers[1], at: "points")))
        }
        guard points.count >= 3 else {
            throw tag.error("three points at least", "\(points.count)", at: "points")
        }
        return points
    }

    /// Counts of pixels, alternately outside and inside, along the rows of the mask's box.
    private static func mask(_ tag: Tag, _ size: Size) throws(AnnotationError) -> Mask {
        let left = try tag.int("left", in: 0...size.width - 1)
        let top = try tag.int("top", in: 0...size.height - 1)
        let width = try tag.int("width", in: 1...size.width - left)
        let height = try tag.int("height", in: 1...size.height - top)
        var mask = Mask(size: size)
        var position = 0
        var isInside = false
        for text in try tag.string("rle").split(separator: ",") {
            guard let count = Int(text.trimmed), count >= 0, count <= width * height - position else {
                throw tag.error("counts that make up \(width) x \(height) pixels", text.excerpt, at: "rle")
            }
            if isInside, count > 0 {
                mask.set(position..<position + count, inRowsOf: width, atX: left, y: top)
            }
            position += count
            isInside.toggle()
        }
        guard position == width * height else {
            throw tag.error(
                "counts that make up \(width) x \(height) pixels", "\(position) pixels", at: "rle")
        }
        return mask
    }

    // MARK: Writing

    static func write(_ set: LabelledSet, to url: URL, _ losses: inout Losses) throws(AnnotationError) {
        losses.compare(
            set,
            with: [.shapes, .rings, .scores, .provenance, .unusedClasses, .emptyPictures, .pictureNumbers],
            of: .cvat)
        let objects = set.pictures.flatMap(\.objects)
        losses.count(
            "object", "objects", "written as made by a model, without its name",
            objects.count { if case .model(.some) = $0.provenance { true } else { false } })
        let hasScores = objects.contains { $0.score != nil }
        let ids = COCO.ids(set.pictures.map(\.number), from: 0)
        var writer = XMLWriter()
        writer.element("annotations") { writer in
            writer.element("version", text: "1.1")
            writer.element("meta") { writer in
                writer.element("task") { writer in
                    writer.element("labels") { writer in
                        for label in set.classes { write(label, hasScores, to: &writer) }
                    }
                }
            }
            for (picture, id) in zip(set.pictures, ids) {
                let attributes = [
                    ("id", "\(id)"), ("name", picture.file), ("width", "\(picture.size.width)"),
                    ("height", "\(picture.size.height)"),
                ]
                writer.element("image", attributes) { writer in
                    for object in picture.objects { write(object, set, picture.size, to: &writer) }
                }
            }
        }
        losses.count("character", "characters", "replaced that XML cannot hold", writer.replaced)
        try AnnotationFile.write(writer.bytes, to: url)
    }

    private static func write(_ label: LabelledClass, _ hasScores: Bool, to writer: inout XMLWriter) {
        writer.element("label") { writer in
            writer.element("name", text: label.name)
            writer.element("attributes") { writer in
                guard hasScores else { return }
                writer.element("attribute") {
                    $0.element("name", text: "score")
                    $0.element("mutable", text: "False")
                    $0.element("input_type", text: "text")
                    $0.element("default_value", text: "")
                    $0.element("values", text: "")
                }
            }
        }
    }

    private static func write(
        _ object: LabelledObject, _ set: LabelledSet, _ size: Size, to writer: inout XMLWriter
    ) {
        let extras = object.extras.of(.cvat)
        var attributes = [("label", set.classes[object.classIndex].name)]
        switch object.provenance {
        case .human: attributes.append(("source", "manual"))
        case .edited: attributes.append(("source", "semi-auto"))
        case .model: attributes.append(("source", "auto"))
        case nil: break
        }
        attributes.append(("occluded", extras["occluded"]?.string ?? "0"))
        let name: String
        if let ring = object.shape?.ring, ring.count >= 3 {
            name = "polygon"
            attributes.append(("points", ring.map { "\($0.x.short),\($0.y.short)" }.joined(separator: ";")))
        } else if let shape = object.shape {
            name = "mask"
            attributes += mask(shape.mask(size: size))
        } else {
            name = "box"
            let box = object.box
            attributes += [
                ("xtl", box.x1.short), ("ytl", box.y1.short), ("xbr", box.x2.short), ("ybr", box.y2.short),
            ]
        }
        attributes.append(("z_order", extras["z_order"]?.string ?? "0"))
        if let group = extras["group_id"]?.string { attributes.append(("group_id", group)) }
        writer.element(name, attributes) { writer in
            if let score = object.score { writer.element("attribute", [("name", "score")], text: "\(score)") }
            for (key, value) in extras where key.hasPrefix("@") {
                writer.element("attribute", [("name", String(key.dropFirst()))], text: value.string ?? "")
            }
        }
    }

    private static func mask(_ mask: Mask) -> [(String, String)] {
        let extent = mask.extent ?? (0..<1, 0..<1)
        var counts: [Int] = []
        var end = 0
        for y in extent.y {
            let start = (y - extent.y.lowerBound) * extent.x.count - extent.x.lowerBound
            mask.forEachRun(inRow: y) { run in
                // A run that goes on from the row above is one run.
                if start + run.lowerBound == end, !counts.isEmpty {
                    counts[counts.count - 1] += run.count
                } else {
                    counts += [start + run.lowerBound - end, run.count]
                }
                end = start + run.upperBound
            }
        }
        let pixels = extent.x.count * extent.y.count
        if end < pixels || counts.isEmpty { counts.append(pixels - end) }
        return [
            ("rle", counts.map(String.init).joined(separator: ", ")), ("left", "\(extent.x.lowerBound)"),
            ("top", "\(extent.y.lowerBound)"),
            ("width", "\(extent.x.count)"), ("height", "\(extent.y.count)"),
        ]
    }
}

extension Double {
    /// The shortest text that reads back as this number, a whole one without its ".0".
    var short: String { Int(exactly: self).map(String.init) ?? description }
}

extension Mask {
    /// Sets pixels counted along the rows of a box of this mask.
    mutating func set(_ pixels: Range<Int>, inRowsOf width: Int, atX x: Int = 0, y: Int = 0) {
        guard !pixels.isEmpty else { return }
        for row in pixels.lowerBound / width...(pixels.upperBound - 1) / width {
            let start = max(pixels.lowerBound - row * width, 0)
            let end = min(pixels.upperBound - row * width, width)
            set(x + start..<x + end, inRow: y + row)
        }
    }
}
