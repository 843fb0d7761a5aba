import SpanielAnnotations
import SpanielImaging
import SpanielJSON

/// Shapes and colours of requests, checked.
extension Studio {
    /// Reads a shape: a box, outlines or pixels of a picture of this size.
    ///
    /// - Throws: `StudioError.value` naming what is expected.
    static func shape(_ json: JSON?, in size: Size) throws(StudioError) -> StoredShape {
        guard let json, let fields = json.object else {
            throw .value(name: "shape", expected: "an object", found: json?.kind ?? "nothing")
        }
        if let mask = fields["mask"], !mask.isNull {
            guard let rle = RLE(json: mask), rle.size == size else {
                throw .value(
                    name: "shape.mask",
                    expected: "COCO's run lengths of \(size.height) × \(size.width) pixels",
                    found: "others")
            }
            guard let shape = StoredShape(.mask(rle)) else {
                throw .value(name: "shape.mask", expected: "at least one pixel", found: "none")
            }
            return shape
        }
        if let list = fields["polygons"], !list.isNull {
            let polygons = (list.array ?? []).map(Polygon.init(json:))
            let corners = polygons.reduce(0) { $0 + ($1?.outer.count ?? 0) + ($1?.holes.joined().count ?? 0) }
            guard !polygons.isEmpty, polygons.allSatisfy({ $0 != nil }), corners <= 200_000 else {
                throw .value(
                    name: "shape.polygons", expected: "rings of at least three points", found: "others")
            }
            let inside = polygons.compactMap { $0?.cut(to: size) }
            guard let shape = StoredShape(.polygons(inside)), shape.box.area > 0 else {
                throw .value(name: "shape.polygons", expected: "a part of the picture", found: "none")
            }
            return shape
        }
        guard let box = fields["box"].flatMap(Box.init(json:)) else {
            throw .value(name: "shape.box", expected: "[x1, y1, x2, y2]", found: "something else")
        }
        let inside = box.intersection(Box(size))
        guard inside.width >= 1, inside.height >= 1 else {
            throw .value(
                name: "shape.box", expected: "at least one pixel of the picture",
                found: fields["box"]?.text() ?? "")
        }
        return StoredShape(box: inside)
    }

    static func color(_ json: JSON) throws(StudioError) -> String {
        guard let text = json.string, text.utf8.count == 7, text.first == "#",
            text.dropFirst().allSatisfy({ $0.isHexDigit && $0.isASCII })
        else { throw .value(name: "color", expected: "#rrggbb", found: json.text()) }
        return text.lowercased()
    }

    static func name(_ json: JSON?) throws(StudioError) -> String {
        let text = json?.string ?? ""
        let name = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        guard (1...200).contains(name.utf8.count), name.unicodeScalars.allSatisfy({ $0.value >= 32 }) else {
            throw .value(
                name: "name", expected: "1 to 200 bytes of text", found: text.isEmpty ? "nothing" : "others")
        }
        return name
    }

    /// Colours that are told apart in light and dark, also by people who see few (after Okabe and Ito 2008).
    static let colors = [
        "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a800", "#8c6bb1", "#7f7f7f",
    ]
}

extension Polygon {
    /// The polygon with its corners moved into the picture.
    fileprivate func cut(to size: Size) -> Polygon {
        func inside(_ ring: [Point]) -> [Point] {
            ring.map {
                Point(
                    x: $0.x.clamped(to: 0...Double(size.width)), y: $0.y.clamped(to: 0...Double(size.height)))
            }
        }
        return Polygon(outer: inside(outer), holes: holes.map(inside))
    }
}
