import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// Label Studio's JSON: a list of tasks, positions in percent of the picture's sides, masks as brush strokes.
///
/// A task's first annotation that was not cancelled counts; where it has none, its predictions do.
enum LabelStudio {
    static func read(_ url: URL, _ options: AnnotationOptions, _ losses: inout Losses) throws(AnnotationError)
        -> LabelledSet
    {
        let top = try AnnotationFile.json(of: url, name: url.lastPathComponent)
        var table = ClassTable()
        let pictures =
            top.isObject
            ? [try picture(top, 0, options, &table, &losses)]
            : try top.enumerated { index, task throws(AnnotationError) in
                try picture(task, index, options, &table, &losses)
            }
        return table.set(sorted: pictures)
    }

    private static func picture(
        _ task: Field, _ index: Int, _ options: AnnotationOptions, _ table: inout ClassTable,
        _ losses: inout Losses
    ) throws(AnnotationError) -> LabelledPicture {
        let data = task["data"]
        let link = try data["image"].string()
        let file = path(ofLink: link)
        let annotations =
            task["annotations"].isMissing ? [] : try task["annotations"].elements { field in field }
        let valid = annotations.filter { $0["was_cancelled"].value?.bool != true }
        losses.count(
            "annotation", "annotations", "left out: their tasks have another before them",
            max(0, valid.count - 1))
        let predictions =
            task["predictions"].isMissing || !valid.isEmpty
            ? [] : try task["predictions"].elements { field in field }
        var objects: [(field: Field, model: LabelledObject.Provenance?)] = []
        for annotation in valid.prefix(1) { objects += try annotation["result"].elements { ($0, nil) } }
        for prediction in predictions {
            let model = LabelledObject.Provenance.model(
                name: prediction["model_version"].value?.string.flatMap { $0.isEmpty ? nil : $0 })
            objects += try prediction["result"].elements { ($0, model) }
        }
        var picture = LabelledPicture(file: file, size: try size(file, objects.map(\.field), data, options))
        picture.number = task["id"].value?.int
        for (place, object) in objects.enumerated() {
            guard var labelled = try self.object(object.field, picture.size, options, &table, &losses) else {
                continue
            }
            if let model = object.model { labelled.provenance = model }
            if labelled.extras.fields["id"]?.string == "\(index)-\(place)" {
                labelled.extras = Extras(.labelStudio, labelled.extras.fields.without("id"))
            }
            picture.objects.append(labelled)
        }
        var fields = task.others("id", "data", "annotations", "predictions")
        let others = data.others("width", "height") { key, value in key == "image" && value.string == file }
        if !others.isEmpty { fields.append("data", .object(others)) }
        picture.extras = Extras(.labelStudio, fields)
        return picture
    }

    /// What a task's link to local storage names; any other link stays as it is.
    private static func path(ofLink link: String) -> String {
        guard link.hasPrefix("/data/local-files/"), let mark = link.utf8.firstIndex(of: UInt8(ascii: "="))
        else { return link }
        let encoded = link[link.utf8.index(after: mark)...].prefix { $0 != "&" }
        return encoded.removingPercents ?? link
    }

    /// The picture's own where it can be looked at (Label Studio swaps the sides of turned photos), else what
    /// is written down.
    private static func size(
        _ file: String, _ results: [Field], _ data: Field, _ options: AnnotationOptions
    ) throws(AnnotationError) -> Size {
        if let folder = options.pictures {
            let url = folder.appending(path: file)
            do { return try Size(ofPictureAt: url) } catch {
                if case .missing = error {} else { throw .picture(error) }
            }
        }
        if data["width"].value?.int != nil, data["height"].value?.int != nil { return try data.size() }
        guard let first = results.first else {
            throw data["image"].error(
                expected: "a picture that can be looked at, for its size (name its folder)", found: file)
        }
        let size = try first.size(width: "original_width", height: "original_height")
        for result in results
        where try result.size(width: "original_width", height: "original_height") != size {
            throw result["original_width"].error(
                expected: "the same size as in the task's other results, \(size.width) x \(size.height)")
        }
        return size
    }

    private static func object(
        _ result: Field, _ size: Size, _ options: AnnotationOptions, _ table: inout ClassTable,
        _ losses: inout Losses
    ) throws(AnnotationError) -> LabelledObject? {
        let kind = try result["type"].string()
        let value = result["value"]
        guard ["rectanglelabels", "polygonlabels", "brushlabels"].contains(kind) else {
            losses.count("result", "results", "of type \(kind) left out: no object with a class")
            return nil
        }
        let labels = try value[kind].elements { field throws(AnnotationError) in try field.string() }
        guard let label = labels.first else { throw value[kind].error(expected: "one label", found: "none") }
        losses.count(
            "further label", "further labels", "left out: an object has one class here", labels.count - 1)
        let shape: LabelledObject.Shape?
        var box: Box?
        switch kind {
        case "rectanglelabels":
            let corners = try rectangle(value, size)
            shape = corners.isUpright ? nil : .polygons([Polygon(outer: corners.points)])
            box =
                corners.isUpright
                ? Box(
                    x1: corners.points[0].x, y1: corners.points[0].y, x2: corners.points[2].x,
                    y2: corners.points[2].y) : nil
        case "polygonlabels":
            let points = try value["points"].points()
            guard points.count >= 3 else {
                throw value["points"].error(expected: "three points at least", found: "\(points.count)")
            }
            shape = .polygons([Polygon(outer: points.map { $0.ofPercent(size) })])
        default:
            let mask = try brush(result, value, size)
            shape = .mask(mask.rle)
            box = mask.box ?? Box(x1: 0, y1: 0, x2: 0, y2: 0)
        }
        var object = LabelledObject(classIndex: table.index(of: label), box: box, shape: shape)
        if !options.allowsBoxesOutside { try value.check(object.box, inside: size) }
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
                defaults[key] == value
            })
        return object
    }

    private static let defaults: [String: JSON] = [
        "from_name": "label", "to_name": "image", "image_rotation": 0,
    ]

    /// The four corners from the top left, turned about it by degrees clockwise.
    private static func rectangle(_ value: Field, _ size: Size) throws(AnnotationError) -> (
        points: [Point], isUpright: Bool
    ) {
        let width = try value["width"].double()
        let height = try value["height"].double()
        guard width >= 0, height >= 0 else {
            throw value.error(expected: "a width and a height of 0 at least")
        }
        let start = Point(x: try value["x"].double(), y: try value["y"].double()).ofPercent(size)
        let rotation = value["rotation"].isMissing ? 0 : try value["rotation"].double()
        let end = Point(x: try value["x"].double() + width, y: try value["y"].double() + height).ofPercent(
            size)
        let (right, down) = (end.x - start.x, end.y - start.y)
        let (sine, cosine) = rotation == 0 ? (0, 1) : (sin(rotation * .pi / 180), cos(rotation * .pi / 180))
        let corners = [(0, 0), (right, 0), (right, down), (0, down)].map { x, y in
            Point(x: start.x + x * cosine - y * sine, y: start.y + x * sine + y * cosine)
        }
        return (
            rotation == 0 ? [start, Point(x: end.x, y: start.y), end, Point(x: start.x, y: end.y)] : corners,
            rotation == 0
        )
    }

    private static func brush(_ result: Field, _ value: Field, _ size: Size) throws(AnnotationError) -> Mask {
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

    // MARK: Writing

    static func write(_ set: LabelledSet, to url: URL, _ losses: inout Losses) throws(AnnotationError) {
        losses.compare(
            set, with: [.shapes, .rings, .scores, .provenance, .emptyPictures, .pictureNumbers],
            of: .labelStudio)
        let objects = set.pictures.flatMap(\.objects)
        // Predictions when every object is a model's; an annotation else, which marks them one by one.
        let arePredictions =
            !objects.isEmpty && objects.allSatisfy { if case .model = $0.provenance { true } else { false } }
        if !arePredictions {
            losses.count(
                "object", "objects", "written as made by a model, without its name",
                objects.count { if case .model(.some) = $0.provenance { true } else { false } })
        }
        let tasks = set.pictures.enumerated().map { index, picture in
            task(picture, index, set, arePredictions)
        }
        try AnnotationFile.write(JSON(tasks).bytes(), to: url)
    }

    private static func task(
        _ picture: LabelledPicture, _ index: Int, _ set: LabelledSet, _ arePredictions: Bool
    ) -> JSON {
        let extras = picture.extras.of(.labelStudio)
        var data: JSON = ["image": extras["data"]?["image"] ?? JSON(picture.file)]
        data["width"] = JSON(picture.size.width)
        data["height"] = JSON(picture.size.height)
        var task: JSON = ["data": data.with(extras["data"]?.object ?? JSON.Object())]
        if let number = picture.number { task["id"] = JSON(number) }
        let results = picture.objects.enumerated().map { place, object in
            result(object, id: "\(index)-\(place)", set, picture.size, marksOrigin: !arePredictions)
        }
        if arePredictions {
            var models: [String: Int] = [:]
            var predictions: [(model: String, score: [Double], results: [JSON])] = []
            for (object, result) in zip(picture.objects, results) {
                guard case .model(let name) = object.provenance else { continue }
                let place = models[name ?? "", default: predictions.count]
                if place == predictions.count { predictions.append((name ?? "", [], [])) }
                models[name ?? ""] = place
                predictions[place].results.append(result)
                if let score = object.score { predictions[place].score.append(score) }
            }
            task["predictions"] = JSON(
                predictions.map { prediction in
                    var fields: JSON = [
                        "model_version": JSON(prediction.model), "result": JSON(prediction.results),
                    ]
                    if !prediction.score.isEmpty {
                        fields["score"] = JSON(prediction.score.reduce(0, +) / Double(prediction.score.count))
                    }
                    return fields
                })
        } else {
            task["annotations"] = [["result": JSON(results)]]
        }
        return task.with(extras)
    }

    private static func result(
        _ object: LabelledObject, id: String, _ set: LabelledSet, _ size: Size, marksOrigin: Bool
    ) -> JSON {
        let extras = object.extras.of(.labelStudio)
        let kind: String
        var value: JSON
        if let ring = object.shape?.ring, ring.count >= 3 {
            kind = "polygonlabels"
            value = ["points": JSON(ring.map { $0.inPercent(size).json }), "closed": true]
        } else if let shape = object.shape {
            kind = "brushlabels"
            value = ["format": "rle", "rle": JSON(BrushRLE.encode(shape.mask(size: size)).map { JSON($0) })]
        } else {
            kind = "rectanglelabels"
            let start = Point(x: object.box.x1, y: object.box.y1).inPercent(size)
            let end = Point(x: object.box.x2, y: object.box.y2).inPercent(size)
            value = [
                "x": .short(start.x), "y": .short(start.y), "width": .short(end.x - start.x),
                "height": .short(end.y - start.y),
                "rotation": 0,
            ]
        }
        value[kind] = [JSON(set.classes[object.classIndex].name)]
        var result: JSON = [
            "id": extras["id"] ?? JSON(id), "from_name": extras["from_name"] ?? "label",
            "to_name": extras["to_name"] ?? "image",
            "type": JSON(kind), "original_width": JSON(size.width), "original_height": JSON(size.height),
            "image_rotation": extras["image_rotation"] ?? 0, "value": value,
        ]
        if let score = object.score { result["score"] = JSON(score) }
        if marksOrigin {
            switch object.provenance {
            case .human: result["origin"] = "manual"
            case .model: result["origin"] = "prediction"
            case .edited: result["origin"] = "prediction-changed"
            case nil: break
            }
        }
        return result.with(extras)
    }
}

extension Point {
    /// Percent to pixels; what is a whole or a quarter pixel but for the percents' rounding becomes one.
    fileprivate func ofPercent(_ size: Size) -> Point {
        Point(x: (x / 100 * Double(size.width)).snapped, y: (y / 100 * Double(size.height)).snapped)
    }

    fileprivate func inPercent(_ size: Size) -> Point {
        Point(x: x * 100 / Double(size.width), y: y * 100 / Double(size.height))
    }
}

extension Double {
    /// The nearest quarter where this is one but for rounding: fractions of a side do not come back to the
    /// last bit.
    var snapped: Double {
        let quarter = (self * 4).rounded() / 4
        return abs(self - quarter) < 1e-6 ? quarter : self
    }
}

extension StringProtocol {
    /// `%20` and its like as the characters they stand for; nil when they are no text.
    var removingPercents: String? {
        var bytes: [UInt8] = []
        var rest = utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next(), let low = rest.next(), high < 0x80, low < 0x80,
                let a = Character(Unicode.Scalar(high)).hexDigitValue,
                let b = Character(Unicode.Scalar(low)).hexDigitValue
            else { return nil }
            bytes.append(UInt8(a << 4 | b))
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension JSON.Object {
    func without(_ key: String) -> JSON.Object {
        var result = self
        result[key] = nil
        return result
    }
}
