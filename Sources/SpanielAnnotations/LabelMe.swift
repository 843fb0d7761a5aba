import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// LabelMe: a folder of JSON files, one a picture; keys it does not know go through unchanged.
///
/// Shapes of one label and one group_id are parts of one object, as its own converters have it. A mask is a
/// cut-out PNG whose two points are its first and its last pixel.
enum LabelMe {
    static func read(_ url: URL, _ options: AnnotationOptions, _ losses: inout Losses) throws(AnnotationError)
        -> LabelledSet
    {
        var table = ClassTable()
        var pictures: [LabelledPicture] = []
        for name in try AnnotationFile.names(in: url, ending: [".json"]) {
            let field = try AnnotationFile.json(of: url.appending(path: name), name: name)
            // Windows writes its own slashes.
            let path = String(try field["imagePath"].string().map { $0 == "\\" ? "/" : $0 })
            let size = try field.size(width: "imageWidth", height: "imageHeight")
            var picture = LabelledPicture(file: Paths.join(Paths.folder(name), path), size: size)
            var groups: [Group: Int] = [:]
            _ = try field["shapes"].elements { shape throws(AnnotationError) in
                guard let object = try object(shape, size, options, &table, &losses) else { return }
                if let group = Group(object, shape), let first = groups[group],
                    picture.objects[first].join(object, size: size)
                {
                    return
                }
                if let group = Group(object, shape) { groups[group] = picture.objects.count }
                picture.objects.append(object)
            }
            picture.extras = Extras(
                .labelme,
                field.others("imagePath", "imageWidth", "imageHeight", "shapes") { key, value in
                    key == "version" && value.string == version || key == "flags" && value == .object([:])
                        || key == "imageData" && value.isNull
                })
            pictures.append(picture)
        }
        return table.set(sorted: pictures)
    }

    private static let version = "5.5.0"

    /// What tells that two shapes are parts of one object.
    private struct Group: Hashable {
        let classIndex: Int
        let id: Int

        init?(_ object: LabelledObject, _ shape: Field) {
            guard let id = shape["group_id"].value?.int, object.shape != nil else { return nil }
            classIndex = object.classIndex
            self.id = id
        }
    }

    private static func object(
        _ shape: Field, _ size: Size, _ options: AnnotationOptions, _ table: inout ClassTable,
        _ losses: inout Losses
    ) throws(AnnotationError) -> LabelledObject? {
        let label = try shape["label"].string()
        let kind = shape["shape_type"].isMissing ? "polygon" : try shape["shape_type"].string()
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
        case "polygon":
            try count(3, orMore: true)
            outline = .polygons([Polygon(outer: points)])
        case "rectangle":
            // X-AnyLabeling writes all four corners.
            if points.count != 4 { try count(2) }
            let (xs, ys) = (points.map(\.x), points.map(\.y))
            box = Box(x1: xs.min()!, y1: ys.min()!, x2: xs.max()!, y2: ys.max()!)
        case "circle":
            try count(2)
            outline = .polygons([Polygon(outer: circle(center: points[0], through: points[1]))])
            losses.count("circle", "circles", "read as polygons of 64 corners")
        case "mask":
            try count(2)
            outline = .mask(try mask(shape, points, size).rle)
        default:
            losses.count("shape", "shapes", "of kind \(kind) left out: no object is inside")
            return nil
        }
        if box == nil, outline?.box == nil {
            box = Box(x1: points[0].x, y1: points[0].y, x2: points[0].x, y2: points[0].y)
        }
        var object = LabelledObject(classIndex: table.index(of: label), box: box, shape: outline)
        if !options.allowsBoxesOutside { try shape["points"].check(object.box, inside: size) }
        if !shape["score"].isMissing { object.score = try shape["score"].double() }
        object.provenance = shape["provenance"].value?.string.flatMap(LabelledObject.Provenance.init(text:))
        object.extras = Extras(
            .labelme,
            shape.others(
                "label", "points", "shape_type", "mask", "score",
                object.provenance == nil ? "label" : "provenance"
            ) {
                key, value in
                defaults[key] == value || key == "group_id" && value.isNull
            })
        return object
    }

    private static let defaults: [String: JSON] = ["flags": .object([:]), "description": "", "group_id": nil]

    private static func circle(center: Point, through: Point) -> [Point] {
        let (dx, dy) = (through.x - center.x, through.y - center.y)
        return (0..<64).map {
            let angle = Double($0) * .pi / 32
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

    // MARK: Writing

    static func write(_ set: LabelledSet, to url: URL, _ options: AnnotationOptions, _ losses: inout Losses)
        throws(AnnotationError)
    {
        losses.compare(set, with: [.shapes, .parts, .scores, .provenance, .emptyPictures], of: .labelme)
        var names = FileNames()
        let files = set.pictures.map { picture in
            let name = "\(names.stem(for: picture.file)).json"
            // The picture as seen from the file that describes it.
            var file = picture.file.hasPrefix("/") ? picture.file : Paths.up(from: name) + picture.file
            if let pictures = options.pictures, !picture.file.hasPrefix("/") {
                file = Paths.relative(
                    Paths.absolute(pictures) + "/" + picture.file,
                    from: Paths.folder(Paths.absolute(url) + "/" + name))
            }
            return (name: name, bytes: json(picture, set, file: file).bytes(pretty: true))
        }
        try AnnotationFile.writeFolder(url) { write throws(FileError) in
            for file in files { try write(file.name, file.bytes) }
        }
    }

    private static func json(_ picture: LabelledPicture, _ set: LabelledSet, file: String) -> JSON {
        let extras = picture.extras.of(.labelme)
        var groups = Set(picture.objects.compactMap { $0.extras.of(.labelme)["group_id"]?.int })
        var shapes: [JSON] = []
        for object in picture.objects {
            let parts = shapeParts(object, picture.size)
            var fields = object.extras.of(.labelme)
            if parts.count > 1, fields["group_id"]?.int == nil {
                let group = (1...groups.count + 1).first { !groups.contains($0) }!
                groups.insert(group)
                fields["group_id"] = JSON(group)
            }
            for part in parts {
                var shape: JSON = ["label": JSON(set.classes[object.classIndex].name)]
                for (key, value) in part { shape[key] = value }
                shape["group_id"] = fields["group_id"] ?? .null
                shape["description"] = fields["description"] ?? ""
                shape["flags"] = fields["flags"] ?? .object([:])
                if let score = object.score { shape["score"] = JSON(score) }
                if let provenance = object.provenance { shape["provenance"] = JSON(provenance.text) }
                shapes.append(shape.with(fields))
            }
        }
        var json: JSON = [
            "version": extras["version"] ?? JSON(version), "flags": extras["flags"] ?? .object([:]),
            "shapes": JSON(shapes),
            "imagePath": JSON(file), "imageData": extras["imageData"] ?? .null,
        ]
        json["imageHeight"] = JSON(picture.size.height)
        json["imageWidth"] = JSON(picture.size.width)
        return json.with(extras)
    }

    /// An object as shapes: a rectangle, a polygon a part, or a mask where there are holes.
    private static func shapeParts(_ object: LabelledObject, _ size: Size) -> [[(String, JSON)]] {
        switch object.shape {
        case nil:
            return [
                [
                    (
                        "points",
                        [
                            Point(x: object.box.x1, y: object.box.y1).json,
                            Point(x: object.box.x2, y: object.box.y2).json,
                        ]
                    ),
                    ("shape_type", "rectangle"),
                ]
            ]
        case .polygons(let polygons)
        where !polygons.isEmpty && polygons.allSatisfy { $0.holes.isEmpty && $0.outer.count >= 3 }:
            return polygons.map { [("points", JSON($0.outer.map(\.json))), ("shape_type", "polygon")] }
        case .some(let shape):
            let mask = shape.mask(size: size)
            // A mask without a pixel still needs one to be cut out.
            let extent = mask.extent ?? (0..<1, 0..<1)
            let cut = mask.placed(
                atX: -extent.x.lowerBound, y: -extent.y.lowerBound,
                in: Size(width: extent.x.count, height: extent.y.count))
            return [
                [
                    (
                        "points",
                        [
                            Point(x: Double(extent.x.lowerBound), y: Double(extent.y.lowerBound)).json,
                            Point(x: Double(extent.x.upperBound - 1), y: Double(extent.y.upperBound - 1))
                                .json,
                        ]
                    ),
                    ("shape_type", "mask"), ("mask", JSON(cut.pngData().base64EncodedString())),
                ]
            ]
        }
    }
}

extension Point {
    var json: JSON { [.short(x), .short(y)] }
}

extension Field {
    /// A list of [x, y].
    func points() throws(AnnotationError) -> [Point] {
        try elements { point throws(AnnotationError) in
            let numbers = try point.numbers()
            guard numbers.count == 2 else { throw point.error(expected: "[x, y]") }
            return Point(x: numbers[0], y: numbers[1])
        }
    }
}

extension LabelledObject {
    /// Takes another shape as a part of this object.
    ///
    /// - Returns: false where the two differ in more than their shape and so are two objects.
    mutating func join(_ other: LabelledObject, size: Size) -> Bool {
        guard let shape, let part = other.shape, score == other.score, provenance == other.provenance,
            extras == other.extras
        else { return false }
        if case .polygons(let a) = shape, case .polygons(let b) = part {
            self.shape = .polygons(a + b)
        } else {
            self.shape = .mask(shape.mask(size: size).union(part.mask(size: size)).rle)
        }
        box = Box(
            x1: min(box.x1, other.box.x1), y1: min(box.y1, other.box.y1), x2: max(box.x2, other.box.x2),
            y2: max(box.y2, other.box.y2))
        return true
    }
}
