package import SpanielAnnotations
package import SpanielImaging
package import SpanielJSON

/// Where an object is: its box, and its outlines or pixels if they are known.
package struct StoredShape: Sendable, Equatable {
    /// x1, y1, x2, y2 in pixels of the displayed picture, half-open.
    package var box: Box
    package var shape: LabelledObject.Shape?

    package init(box: Box, shape: LabelledObject.Shape? = nil) {
        self.box = box
        self.shape = shape
    }

    /// The shape and its box; nil if nothing is in it.
    package init?(_ shape: LabelledObject.Shape) {
        guard let box = shape.box else { return nil }
        self.init(box: box, shape: shape)
    }

    /// The region as a model learns from it.
    var region: Example.Region {
        switch shape {
        case nil: .box(box)
        case .mask(let rle)?: .mask(Mask(rle))
        case .polygons(let polygons)?:
            polygons.count == 1 && polygons[0].holes.isEmpty ? .polygon(polygons[0].outer) : .box(box)
        }
    }

    /// As the project file and the page write it.
    package var json: JSON {
        var json: JSON = ["box": box.json]
        switch shape {
        case nil: break
        case .polygons(let polygons)?: json["polygons"] = JSON(polygons.map(\.json))
        case .mask(let rle)?: json["mask"] = rle.json
        }
        return json
    }

    package var text: String { json.text() }

    package init(text: String) throws {
        do { try self.init(json: JSON(parsing: text)) } catch let error as JSONError {
            throw RecordProblem(description: "a shape that is no JSON (\(error))")
        }
    }

    /// Reads the project file's own; the page's requests are read by `init(request:size:)`.
    package init(json: JSON) throws {
        guard let box = json["box"].flatMap(Box.init(json:)) else {
            throw RecordProblem(description: "a shape without a box")
        }
        self.box = box
        if let polygons = json["polygons"]?.array {
            shape = .polygons(
                try polygons.map {
                    guard let polygon = Polygon(json: $0) else {
                        throw RecordProblem(description: "a polygon of a shape")
                    }
                    return polygon
                })
        } else if let mask = json["mask"] {
            guard let rle = RLE(json: mask) else { throw RecordProblem(description: "a mask of a shape") }
            shape = .mask(rle)
        }
    }
}

extension Box {
    var json: JSON { [JSON(x1), JSON(y1), JSON(x2), JSON(y2)] }

    init?(json: JSON) {
        guard let numbers = json.array?.compactMap(\.double), numbers.count == 4, json.array?.count == 4,
            numbers.allSatisfy(\.isFinite)
        else { return nil }
        self.init(x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3])
    }
}

extension Point {
    var json: JSON { [JSON(x), JSON(y)] }

    init?(json: JSON) {
        guard let numbers = json.array?.compactMap(\.double), numbers.count == 2, json.array?.count == 2,
            numbers.allSatisfy(\.isFinite)
        else { return nil }
        self.init(x: numbers[0], y: numbers[1])
    }
}

extension Polygon {
    var json: JSON {
        var json: JSON = ["outer": JSON(outer.map(\.json))]
        if !holes.isEmpty { json["holes"] = JSON(holes.map { JSON($0.map(\.json)) }) }
        return json
    }

    init?(json: JSON) {
        func ring(_ json: JSON) -> [Point]? {
            guard let list = json.array, list.count >= 3 else { return nil }
            let points = list.compactMap(Point.init(json:))
            return points.count == list.count ? points : nil
        }
        guard let outer = json["outer"].flatMap(ring) else { return nil }
        let holes = (json["holes"]?.array ?? []).map(ring)
        guard holes.allSatisfy({ $0 != nil }) else { return nil }
        self.init(outer: outer, holes: holes.compactMap { $0 })
    }
}

extension RLE {
    var json: JSON {
        ["size": [JSON(size.height), JSON(size.width)], "counts": JSON(compressed)]
    }

    /// COCO's run lengths, as text or as numbers.
    init?(json: JSON) {
        guard let sides = json["size"]?.array?.compactMap(\.int), sides.count == 2,
            sides.allSatisfy({ (1...1_000_000).contains($0) })
        else { return nil }
        let size = Size(width: sides[1], height: sides[0])
        let rle: RLE?
        if let text = json["counts"]?.string {
            rle = try? RLE(compressed: text, size: size)
        } else if let list = json["counts"]?.array {
            let counts = list.compactMap(\.int)
            rle = counts.count == list.count ? try? RLE(counts: counts, size: size) : nil
        } else {
            rle = nil
        }
        guard let rle else { return nil }
        self = rle
    }
}
