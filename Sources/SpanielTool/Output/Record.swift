import PerSAM
import SpanielJSON

/// The lines of `--json`: one object a picture, schema 1.
package enum Record {
    package static let schema = 1

    package static func success(
        image: String, size: Size, run: RunDescription, result: PictureResult, milliseconds: [(part: String, milliseconds: Double)]
    ) -> JSON {
        var record: JSON = [
            "schema": JSON(schema),
            "image": JSON(image),
            "width": JSON(size.width),
            "height": JSON(size.height),
            "task": JSON(run.task),
            "model": ["name": JSON(run.modelName), "sha256": JSON(run.modelHash)],
            "precision": JSON(run.precision),
            "isa": JSON(run.instructionSet),
            "objects": JSON(result.objects.map(object)),
        ]
        if let stop = result.stop { record["stop"] = self.stop(stop) }
        record["milliseconds"] = JSON.object(JSON.Object(milliseconds.map { ($0.part, JSON(($0.milliseconds * 10).rounded() / 10)) }))
        return record
    }

    package static func failure(image: String, _ failure: Failure) -> JSON {
        [
            "schema": JSON(schema), "image": JSON(image),
            "error": ["code": JSON(failure.code), "message": JSON(failure.message)],
        ]
    }

    private static func object(_ object: PictureResult.Object) -> JSON {
        let rle = object.mask.rle
        let box = object.box
        return [
            "class": JSON(object.className),
            "score": JSON(object.score),
            "scores": JSON.object(JSON.Object(object.scores.map { ($0.name, JSON($0.value)) })),
            "box": [JSON(box.x1), JSON(box.y1), JSON(box.x2), JSON(box.y2)],
            "area": JSON(object.mask.area),
            "mask": ["size": [JSON(object.mask.height), JSON(object.mask.width)], "counts": JSON(rle.compressed)],
        ]
    }

    private static func stop(_ stop: PictureResult.Stop) -> JSON {
        var record: JSON = ["reason": JSON(stop.reason)]
        if let peak = stop.peak { record["peak"] = JSON(peak) }
        if let threshold = stop.threshold { record["threshold"] = JSON(threshold) }
        return record
    }
}
