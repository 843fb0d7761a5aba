import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension CVAT {
    static func read(_ url: URL, _ reading: inout Reading) throws(AnnotationError) -> LabelledSet {
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
            do throws(AnnotationError) {
                if let picture = try picture(image, isListed: isListed, &table, &reading) {
                    pictures.append(picture)
                }
            } catch { reading.shape(error, as: .picture) }
        }
        return isListed ? LabelledSet(classes: table.names, pictures: pictures) : table.set(sorted: pictures)
    }

    private static func picture(
        _ image: Tag, isListed: Bool, _ table: inout ClassTable, _ reading: inout Reading
    ) throws(AnnotationError) -> LabelledPicture? {
        // A project's export puts each subset's pictures into a folder of its name.
        var name = try image.string("name")
        if let subset = image["subset"], !subset.isEmpty, !name.hasPrefix(subset + "/") {
            name = "\(subset)/\(name)"
        }
        let declared = try image.declaredSize(image["width"], image["height"])
        let (file, size) = try reading.picture(name, size: declared) {
            image.error(Reading.sizeWanted, image["width"]?.excerpt ?? "nothing", at: "width")
        }
        var picture = LabelledPicture(file: file, size: size)
        if image["id"] != nil { picture.number = try image.int("id", in: 0...Int.max) }
        let before = reading.faultyShapes
        var groups: [Group: Int] = [:]
        for shape in image.children {
            do throws(AnnotationError) {
                guard
                    let read = try object(shape, size, isListed: isListed, &table, &reading),
                    let object = try reading.inside(
                        read, size,
                        error: {
                            shape.error(
                                "a shape inside the picture's \(size.width) x \(size.height) pixels",
                                read.box.extentText, at: "")
                        })
                else { continue }
                if let group = Group(object), let first = groups[group],
                    picture.objects[first].join(object, size: size, alikeInExtras: false)
                {
                    continue
                }
                if let group = Group(object) { groups[group] = picture.objects.count }
                picture.objects.append(object)
            } catch { reading.shape(error) }
        }
        return reading.isEmptied(picture.objects, since: before) ? nil : picture
    }

    /// What tells that two outlines are parts of one object; 0 is no group.
    private struct Group: Hashable {
        let classIndex: Int
        let id: String

        init?(_ object: LabelledObject) {
            guard object.shape != nil, let id = object.extras.of(.cvat)["group_id"]?.string, !id.isEmpty,
                id != "0"
            else { return nil }
            classIndex = object.classIndex
            self.id = id
        }
    }

    private static func object(
        _ tag: Tag, _ size: Size, isListed: Bool, _ table: inout ClassTable, _ reading: inout Reading
    ) throws(AnnotationError) -> LabelledObject? {
        var box: Box?
        var shape: LabelledObject.Shape?
        switch tag.name {
        case "box":
            let upright = try self.box(tag)
            let degrees = try turn(tag)
            if degrees == 0 {
                box = upright
            } else {
                shape = .polygons([Polygon(outer: Outlines.box(upright, degrees: degrees))])
            }
        case "ellipse":
            let center = Point(x: try tag.double("cx"), y: try tag.double("cy"))
            let (rx, ry) = (try tag.double("rx"), try tag.double("ry"))
            guard rx > 0, ry > 0 else { throw tag.error("rx and ry above 0", "\(rx), \(ry)", at: "") }
            shape = .polygons([
                Polygon(
                    outer: Outlines.ellipse(
                        center: center, radiusX: rx, radiusY: ry, degrees: try turn(tag)))
            ])
            reading.losses.count(
                "ellipse", "ellipses", "read as polygons of \(Outlines.corners) corners", kind: "ellipse",
                isLoss: false)
        case "polygon":
            shape = .polygons([Polygon(outer: try points(tag))])
        case "mask":
            let mask = try mask(tag, size)
            // An empty mask keeps the corner it was said to have.
            let corner = Point(x: try tag.double("left"), y: try tag.double("top"))
            box = mask.box ?? Box(x1: corner.x, y1: corner.y, x2: corner.x, y2: corner.y)
            shape = .mask(mask.rle)
        default:
            let why = tag.name == "cuboid" ? "only flat outlines are read" : "they outline no object"
            reading.losses.count(
                "<\(tag.name)> element", "<\(tag.name)> elements", "left out: \(why)", kind: "no-outline")
            return nil
        }
        let label = try tag.string("label")
        guard !isListed || table.known(label) != nil else {
            reading.shape(
                tag.error("one of the labels of the file's head", label.excerpt, at: "label"),
                as: .unlistedClass)
            return nil
        }
        var object = LabelledObject(classIndex: table.index(of: label), box: box, shape: shape)
        try readOrigin(of: &object, tag)
        return object
    }

    private static func readOrigin(of object: inout LabelledObject, _ tag: Tag) throws(AnnotationError) {
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
    }

    private static func box(_ tag: Tag) throws(AnnotationError) -> Box {
        let (x1, y1, x2, y2) = (
            try tag.double("xtl"), try tag.double("ytl"), try tag.double("xbr"), try tag.double("ybr")
        )
        guard x1 <= x2, y1 <= y2 else {
            throw tag.error("xtl ≤ xbr and ytl ≤ ybr", "\(x1), \(y1), \(x2), \(y2)", at: "")
        }
        return Box(x1: x1, y1: y1, x2: x2, y2: y2)
    }

    /// Degrees clockwise, from 0 up to 360.
    private static func turn(_ tag: Tag) throws(AnnotationError) -> Double {
        guard let rotation = tag["rotation"] else { return 0 }
        return try tag.double(rotation, at: "rotation").truncatingRemainder(dividingBy: 360)
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
}
