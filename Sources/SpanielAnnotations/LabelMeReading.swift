import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension LabelMe {
    static func read(_ url: URL, _ reading: inout Reading) throws(AnnotationError) -> LabelledSet {
        var table = ClassTable()
        var pictures: [LabelledPicture] = []
        for name in try AnnotationFile.names(in: url, ending: [".json"]) {
            do throws(AnnotationError) {
                let field = try AnnotationFile.json(of: url.appending(path: name), name: name)
                guard !field["shapes"].isMissing || !field["imagePath"].isMissing else {
                    reading.losses.count(
                        "file", "files", "passed over: without LabelMe's shapes, such as \(name)",
                        kind: "other-json", isLoss: false)
                    continue
                }
                if let picture = try picture(field, file: name, &table, &reading) {
                    pictures.append(picture)
                }
            } catch { reading.file(error) }
        }
        return table.set(sorted: pictures)
    }

    private static func picture(
        _ field: Field, file: String, _ table: inout ClassTable, _ reading: inout Reading
    ) throws(AnnotationError) -> LabelledPicture? {
        let stem = Paths.withoutEnding(file)
        let declared =
            try field.declaredSize(width: "imageWidth", height: "imageHeight") ?? embeddedSize(field)
        let (name, size) = try reading.picture(
            self.name(field, file: file), or: stem, size: declared, search: field["imagePath"].isMissing
        ) { field["imageWidth"].error(expected: Reading.sizeWanted) }
        var picture = LabelledPicture(file: name, size: size)
        let before = reading.faultyShapes
        var groups: [Group: Int] = [:]
        _ = try field["shapes"].elements { shape throws(AnnotationError) in
            do throws(AnnotationError) {
                guard let read = try object(shape, size, &table, &reading),
                    let object = try reading.inside(
                        read, size, error: { shape["points"].outside(size, read.box) })
                else { return }
                if let group = Group(object, shape), let first = groups[group],
                    picture.objects[first].join(object, size: size)
                {
                    return
                }
                if let group = Group(object, shape) { groups[group] = picture.objects.count }
                picture.objects.append(object)
            } catch { reading.shape(error) }
        }
        picture.extras = Extras(
            .labelme,
            field.others("imagePath", "imageWidth", "imageHeight", "shapes") { key, value in
                key == "version" && value.string == version || key == "flags" && value == .object([:])
                    || key == "imageData" && value.isNull
            })
        return reading.isEmptied(picture.objects, since: before) ? nil : picture
    }

    /// The picture's path as seen from the folder that is read.
    private static func name(_ field: Field, file: String) throws(AnnotationError) -> String {
        guard !field["imagePath"].isMissing else { return Paths.withoutEnding(file) }
        // Windows writes its own slashes, and a path of its drives leads nowhere here.
        let written = String(try field["imagePath"].string().map { $0 == "\\" ? "/" : $0 })
        let parts = written.split(separator: "/")
        let isOfDrive = parts.first.map { $0.utf8.count == 2 && $0.hasSuffix(":") } ?? false
        return Paths.join(Paths.folder(file), isOfDrive ? String(parts.last ?? "") : written)
    }

    /// The size of the picture that the file holds itself.
    private static func embeddedSize(_ field: Field) -> Size? {
        guard let text = field["imageData"].value?.string, let data = Data(base64Encoded: text) else {
            return nil
        }
        return try? Size(ofPicture: [UInt8](data), name: "imageData")
    }

    /// What tells that two shapes are parts of one object.
    private struct Group: Hashable {
        let classIndex: Int
        let id: Int

        init?(_ object: LabelledObject, _ shape: Field) {
            guard let id = shape["group_id"].value?.whole, object.shape != nil else { return nil }
            classIndex = object.classIndex
            self.id = id
        }
    }

    private static func object(
        _ shape: Field, _ size: Size, _ table: inout ClassTable, _ reading: inout Reading
    ) throws(AnnotationError) -> LabelledObject? {
        let kind = shape["shape_type"].isMissing ? "polygon" : try shape["shape_type"].string()
        guard let geometry = try geometry(kind, shape, size, &reading) else { return nil }
        guard !shape["label"].isMissing else {
            reading.shape(shape["label"].error(expected: "text"), as: .unlabelled)
            return nil
        }
        let label = try shape["label"].name()
        guard !label.trimmed.isEmpty else {
            reading.shape(shape["label"].error(expected: "a label"), as: .unlabelled)
            return nil
        }
        var object = LabelledObject(
            classIndex: table.index(of: label), box: geometry.box, shape: geometry.outline)
        if !shape["score"].isMissing { object.score = try shape["score"].double() }
        object.provenance = shape["provenance"].value?.string.flatMap(LabelledObject.Provenance.init(text:))
        object.extras = Extras(
            .labelme,
            shape.others(
                "label", "points", "shape_type", "mask", "score",
                object.provenance == nil ? "label" : "provenance"
            ) { key, value in
                defaults[key] == value || key == "group_id" && value.isNull
            })
        return object
    }

    private static let defaults: [String: JSON] = ["flags": .object([:]), "description": "", "group_id": nil]

    /// The shapes of LabelMe 6 and X-AnyLabeling 3; nil: it outlines nothing.
    private static func geometry(
        _ kind: String, _ shape: Field, _ size: Size, _ reading: inout Reading
    ) throws(AnnotationError) -> (box: Box?, outline: LabelledObject.Shape?)? {
        guard outlining.contains(kind) else {
            let why = kind == "cuboid" ? "only flat outlines are read" : "no object is inside"
            reading.losses.count(
                "shape", "shapes", "of kind \(kind) left out: \(why)", kind: "no-outline")
            return nil
        }
        let points = try shape["points"].points()
        func count(_ expected: Int, orMore: Bool = false) throws(AnnotationError) {
            guard points.count == expected || orMore && points.count > expected else {
                throw shape["points"].error(
                    expected: "\(expected) points\(orMore ? " at least" : "") for a \(kind)",
                    found: "\(points.count)")
            }
        }
        var box: Box?
        var outline: LabelledObject.Shape?
        switch kind {
        case "rectangle":
            // X-AnyLabeling writes all four corners.
            if points.count != 4 { try count(2) }
            let (xs, ys) = (points.map(\.x), points.map(\.y))
            box = Box(x1: xs.min()!, y1: ys.min()!, x2: xs.max()!, y2: ys.max()!)
        case "circle":
            try count(2)
            let (center, edge) = (points[0], points[1])
            outline = .polygons([Polygon(outer: circle(center: center, through: edge))])
            reading.losses.count(
                "circle", "circles", "read as polygons of 64 corners", kind: "circle", isLoss: false)
        case "mask":
            try count(2)
            outline = .mask(try mask(shape, points, size).rle)
        default:
            try count(3, orMore: true)
            outline = .polygons([Polygon(outer: points)])
        }
        if box == nil, outline?.box == nil {
            box = Box(x1: points[0].x, y1: points[0].y, x2: points[0].x, y2: points[0].y)
        }
        return (box, outline)
    }

    /// `rotation` and `quadrilateral` are X-AnyLabeling's, `oriented_rectangle` is LabelMe 6's.
    private static let outlining: Set<String> = [
        "polygon", "rectangle", "circle", "mask", "rotation", "oriented_rectangle", "quadrilateral",
    ]

    private static func circle(center: Point, through: Point) -> [Point] {
        let (dx, dy) = (through.x - center.x, through.y - center.y)
        return (0..<Outlines.corners).map {
            let angle = Double($0) * 2 * .pi / Double(Outlines.corners)
            return Point(
                x: center.x + dx * cos(angle) - dy * sin(angle),
                y: center.y + dx * sin(angle) + dy * cos(angle))
        }
    }

    /// The cut-out put back in its place.
    private static func mask(_ shape: Field, _ points: [Point], _ size: Size) throws(AnnotationError) -> Mask
    {
        guard let data = Data(base64Encoded: try shape["mask"].string()) else {
            throw shape["mask"].error(expected: "a PNG in base64")
        }
        let cut: Mask
        do {
            // Its header first: a few bytes may claim any number of pixels.
            let claimed = try Size(ofPicture: [UInt8](data), name: "mask")
            guard claimed.width <= size.width, claimed.height <= size.height else {
                throw shape["mask"].error(
                    expected: "at most the picture's \(size.width) x \(size.height) pixels",
                    found: "\(claimed.width) x \(claimed.height)")
            }
            cut = try Mask(decoding: data, name: "mask")
        } catch let error as ImagingError {
            throw shape["mask"].error(expected: "a PNG in base64", found: error.description)
        } catch let error as AnnotationError { throw error } catch { preconditionFailure("\(error)") }
        let corner = (x: min(points[0].x, points[1].x), y: min(points[0].y, points[1].y))
        guard let x = Int(exactly: corner.x.rounded(.towardZero)),
            let y = Int(exactly: corner.y.rounded(.towardZero)), x >= 0, y >= 0,
            cut.width <= size.width - x, cut.height <= size.height - y
        else {
            throw shape["points"].error(
                expected:
                    "a place for the mask's \(cut.width) x \(cut.height) pixels inside \(size.width) x \(size.height)"
            )
        }
        return cut.placed(atX: x, y: y, in: size)
    }
}
