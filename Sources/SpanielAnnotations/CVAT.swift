import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// CVAT's XML 1.1 "for images": boxes, polygons of one ring, and masks as run lengths row by row inside their
/// box.
///
/// Who made a shape is its `source`: manual, semi-auto or auto. A score is an attribute of that name.
enum CVAT {
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
