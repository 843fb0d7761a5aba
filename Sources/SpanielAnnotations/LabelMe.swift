import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// LabelMe: a folder of JSON files, one a picture; keys it does not know go through unchanged.
///
/// Shapes of one label and one group_id are parts of one object, as its own converters have it. A mask is a
/// cut-out PNG whose two points are its first and its last pixel.
enum LabelMe {
    static let version = "5.5.0"

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
    /// - Parameter requiresExtras: whether parts must be alike in what only their format knows.
    /// - Returns: false where the two differ in more than their shape and so are two objects.
    mutating func join(_ other: LabelledObject, size: Size, alikeInExtras requiresExtras: Bool = true) -> Bool
    {
        guard let shape, let part = other.shape, score == other.score, provenance == other.provenance,
            !requiresExtras || extras == other.extras
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
