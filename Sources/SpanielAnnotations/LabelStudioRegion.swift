import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// What Label Studio calls a region: one result, or several of one id that say its outline and its label.
struct LabelStudioRegion {
    /// The result that says the outline, else the first.
    let result: Field
    let kind: String
    let value: Field
    let labels: [String]
    let model: LabelledObject.Provenance?
    private let fault: AnnotationError?

    private static let outlines: Set<String> = ["rectangle", "polygon", "ellipse", "brush"]

    /// `rectanglelabels` → `rectangle`.
    private static func outline(_ kind: String) -> String {
        kind != "labels" && kind.hasSuffix("labels") ? String(kind.dropLast(6)) : kind
    }

    /// Whether a result says an outline, or is none at all.
    static func needsSize(_ result: Field) -> Bool {
        guard let kind = result["type"].value?.string else { return !result.isObject }
        return outlines.contains(outline(kind))
    }

    /// Results of one id are one region: a tool to draw with may stand beside a list of labels to choose
    /// from.
    static func joined(_ results: [(field: Field, model: LabelledObject.Provenance?)]) -> [LabelStudioRegion]
    {
        var groups: [[(field: Field, model: LabelledObject.Provenance?)]] = []
        var places: [UTF8Key: Int] = [:]
        for result in results {
            if let id = result.field["id"].value?.string.map(UTF8Key.init) {
                if let place = places[id] {
                    groups[place].append(result)
                    continue
                }
                places[id] = groups.count
            }
            groups.append([result])
        }
        return groups.flatMap(regions)
    }

    /// One region; of results without an outline and of a second outline each one of its own.
    private static func regions(
        _ group: [(field: Field, model: LabelledObject.Provenance?)]
    ) -> [LabelStudioRegion] {
        let shapes = group.filter { needsSize($0.field) }
        if shapes.count > 1 {
            let labelled = shapes.filter { !labels(of: $0.field).labels.isEmpty }
            let others = group.map(\.field).filter { !needsSize($0) }
            return (labelled.isEmpty ? Array(shapes.prefix(1)) : labelled).map {
                LabelStudioRegion($0.field, with: others, model: $0.model)
            }
        }
        guard let shape = shapes.first else {
            return group.map { LabelStudioRegion($0.field, with: [], model: $0.model) }
        }
        let others = group.filter { !needsSize($0.field) && $0.field["type"].value?.string != "labels" }
        return [LabelStudioRegion(shape.field, with: group.map(\.field), model: shape.model)]
            + others.map { LabelStudioRegion($0.field, with: [], model: $0.model) }
    }

    private init(_ result: Field, with group: [Field], model: LabelledObject.Provenance?) {
        self.result = result
        self.model = model
        kind = result["type"].value?.string ?? ""
        value = result["value"]
        var labels: [String] = []
        var fault: AnnotationError?
        for other in [result] + group {
            let found = Self.labels(of: other)
            labels += found.labels.filter { !labels.contains($0) }
            fault = fault ?? found.fault
        }
        self.labels = labels
        self.fault = fault
    }

    /// What a result calls its region: the texts under a key that ends in `labels`.
    private static func labels(of result: Field) -> (labels: [String], fault: AnnotationError?) {
        var labels: [String] = []
        for (key, _) in result["value"].value?.object ?? JSON.Object() where key.hasSuffix("labels") {
            do throws(AnnotationError) {
                labels += try result["value"][key].elements { field throws(AnnotationError) in
                    try field.string()
                }
            } catch { return ([], error) }
        }
        return (labels, nil)
    }

    /// The object; nil where it is none, which is counted.
    func object(_ size: Size, _ table: inout ClassTable, _ reading: inout Reading) throws(AnnotationError)
        -> LabelledObject?
    {
        let kind = try result["type"].string()
        let outline = Self.outline(kind)
        guard Self.outlines.contains(outline) else {
            reading.losses.count(
                "result", "results", "of type \(kind) left out: no object with a class", kind: "no-object")
            return nil
        }
        if let fault { throw fault }
        guard let label = labels.first else {
            reading.shape(
                value[kind].error(expected: "one label", found: "none"), as: .unlabelled)
            return nil
        }
        let (box, shape) = try geometry(outline, size, &reading)
        reading.losses.count(
            "further label", "further labels", "left out: an object has one class here", labels.count - 1,
            kind: "further-label")
        var object = LabelledObject(classIndex: table.index(of: label), box: box, shape: shape)
        if !result["score"].isMissing { object.score = try result["score"].double() }
        switch result["origin"].value?.string {
        case "manual": object.provenance = .human
        case "prediction": object.provenance = .model(name: nil)
        case "prediction-changed": object.provenance = .edited
        default: break
        }
        object.extras = Extras(
            .labelStudio,
            result.others("type", "value", "original_width", "original_height", "score", "origin") {
                key, value in
                Self.defaults[key] == value
            })
        return object
    }

    private static let defaults: [String: JSON] = [
        "from_name": "label", "to_name": "image", "image_rotation": 0,
    ]

    private func geometry(_ outline: String, _ size: Size, _ reading: inout Reading) throws(AnnotationError)
        -> (Box?, LabelledObject.Shape?)
    {
        switch outline {
        case "rectangle":
            let (points, isUpright) = try rectangle(size)
            return isUpright
                ? (Box(x1: points[0].x, y1: points[0].y, x2: points[2].x, y2: points[2].y), nil)
                : (nil, .polygons([Polygon(outer: points)]))
        case "polygon":
            let points = try value["points"].points()
            guard points.count >= 3 else {
                throw value["points"].error(expected: "three points at least", found: "\(points.count)")
            }
            return (nil, .polygons([Polygon(outer: points.map { $0.ofPercent(size) })]))
        case "ellipse":
            reading.losses.count(
                "ellipse", "ellipses", "read as polygons of \(Outlines.corners) corners", kind: "ellipse",
                isLoss: false)
            return (nil, .polygons([Polygon(outer: try ellipse(size))]))
        default:
            let mask = try brush(size)
            return (mask.box ?? Box(x1: 0, y1: 0, x2: 0, y2: 0), .mask(mask.rle))
        }
    }

    /// The four corners from the top left, turned about it by degrees clockwise.
    private func rectangle(_ size: Size) throws(AnnotationError) -> (points: [Point], isUpright: Bool) {
        let width = try value["width"].double()
        let height = try value["height"].double()
        guard width >= 0, height >= 0 else {
            throw value.error(
                expected: "a width and a height of 0 at least", found: "\(width.short) and \(height.short)")
        }
        let start = Point(x: try value["x"].double(), y: try value["y"].double()).ofPercent(size)
        let rotation = value["rotation"].isMissing ? 0 : try value["rotation"].double()
        let end = Point(x: try value["x"].double() + width, y: try value["y"].double() + height).ofPercent(
            size)
        let corners = [
            start, Point(x: end.x, y: start.y), end, Point(x: start.x, y: end.y),
        ]
        return (corners.turned(rotation, about: start), rotation.truncatingRemainder(dividingBy: 360) == 0)
    }

    /// Percents of the two sides are two lengths: the radii are turned as pixels.
    private func ellipse(_ size: Size) throws(AnnotationError) -> [Point] {
        let center = Point(x: try value["x"].double(), y: try value["y"].double()).ofPercent(size)
        let radii = Point(x: try value["radiusX"].double(), y: try value["radiusY"].double()).ofPercent(size)
        guard radii.x > 0, radii.y > 0 else {
            throw value.error(
                expected: "radiusX and radiusY above 0", found: "\(radii.x.short) and \(radii.y.short)")
        }
        let rotation = value["rotation"].isMissing ? 0 : try value["rotation"].double()
        return Outlines.ellipse(center: center, radiusX: radii.x, radiusY: radii.y, degrees: rotation)
    }

    private func brush(_ size: Size) throws(AnnotationError) -> Mask {
        let own = try result.size(width: "original_width", height: "original_height")
        guard own == size else {
            throw result["original_width"].error(
                expected: "\(size.width) and a height of \(size.height), the picture's",
                found: "\(own.width) and \(own.height)")
        }
        let field = value["rle"]
        let bytes = try field.ints()
        guard bytes.allSatisfy({ (0...255).contains($0) }) else {
            throw field.error(expected: "bytes, 0 to 255")
        }
        do throws(BrushRLE.Problem) { return try BrushRLE.decode(bytes.map { UInt8($0) }, size: size) } catch
        {
            let found =
                switch error {
                case .size(let found, _): "\(found) of them"
                case .cutOff: "\(bytes.count) bytes, which end too early"
                case .tooLong: "runs that go on beyond the last"
                }
            throw field.error(
                expected: "runs of \(4 * size.width * size.height) values, four a pixel", found: found)
        }
    }
}
