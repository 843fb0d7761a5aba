import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// Label Studio's JSON: a list of tasks, positions in percent of the picture's sides, masks as brush strokes.
///
/// A task's first annotation that was not cancelled counts; where it has none, its predictions do.
enum LabelStudio {
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

    fileprivate static func result(
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

extension LabelledSet {
    /// The objects of one of the pictures as the results of a prediction.
    package func labelStudioResults(of picture: LabelledPicture, id: (_ object: Int) -> String) -> [JSON] {
        picture.objects.enumerated().map { place, object in
            LabelStudio.result(object, id: id(place), self, picture.size, marksOrigin: false)
        }
    }
}

extension Point {
    /// Percent to pixels; what is a whole or a quarter pixel but for the percents' rounding becomes one.
    func ofPercent(_ size: Size) -> Point {
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
