package import PerSAM
package import SpanielJSON

/// The lines of `--json`: one object a picture, schema 1.
package enum Record {
    package static let schema = 1

    /// - Parameter milliseconds: nil for a record that is the same however often it is asked for.
    package static func success(
        image: String, size: Size, run: RunDescription, result: PictureResult,
        milliseconds: [(part: String, milliseconds: Double)]?
    ) -> JSON {
        var record: JSON = ["schema": JSON(schema), "image": JSON(image)]
        add(result, size: size, run: run, to: &record)
        guard let milliseconds else { return record }
        record["milliseconds"] = JSON.object(
            JSON.Object(milliseconds.map { ($0.part, JSON(($0.milliseconds * 10).rounded() / 10)) }))
        return record
    }

    package static func failure(image: String, _ failure: Failure) -> JSON {
        var record: JSON = ["schema": JSON(schema), "image": JSON(image)]
        add(failure, to: &record)
        return record
    }

    /// What a record says of a picture beside its name and the times: the same whenever it is asked.
    package static func add(
        _ result: PictureResult, size: Size, run: RunDescription, to record: inout JSON
    ) {
        record["width"] = JSON(size.width)
        record["height"] = JSON(size.height)
        add(run, to: &record)
        if let classes = result.classes {
            record["classes"] = JSON(classes.map { ["class": JSON($0.className), "score": JSON($0.score)] })
        } else {
            record["objects"] = JSON(result.objects.map(object))
        }
        if !result.rejected.isEmpty { record["rejected"] = JSON(result.rejected.map(object)) }
        if !result.absent.isEmpty { record["absent"] = JSON(result.absent.map(absence)) }
        if let stop = result.stop { record["stop"] = self.stop(stop) }
    }

    /// What is the same for every picture of a run.
    package static func add(_ run: RunDescription, to record: inout JSON) {
        record["task"] = JSON(run.task.rawValue)
        record["model"] = model(run.model)
        for other in run.others { record[other.key] = model(other.model) }
        if let (model, settings) = run.features {
            var features = Self.model(model)
            features["settings"] = JSON(settings)
            record["features"] = features
        }
        record["precision"] = JSON(run.precision)
        record["isa"] = JSON(run.instructionSet)
    }

    package static func add(_ failure: Failure, to record: inout JSON) {
        record["error"] = ["code": JSON(failure.code), "message": JSON(failure.message)]
    }

    private static func object(_ object: PictureResult.Object) -> JSON {
        let box = object.box
        var record: JSON = [
            "class": JSON(object.className),
            "score": JSON(object.score),
            "scores": JSON.object(JSON.Object(object.scores.map { ($0.name, JSON($0.value)) })),
            "box": [JSON(box.x1), JSON(box.y1), JSON(box.x2), JSON(box.y2)],
        ]
        record["decided"] = object.decided.map { JSON($0) }
        record["area"] = object.area.map { JSON($0) } ?? JSON(box.area)
        if let mask = object.mask {
            record["mask"] = [
                "size": [JSON(mask.height), JSON(mask.width)], "counts": JSON(mask.rle.compressed),
            ]
        }
        return record
    }

    private static func model(_ model: RunDescription.Model) -> JSON {
        ["name": JSON(model.name), "sha256": JSON(model.sha256)]
    }

    private static func absence(_ absence: PictureResult.Absence) -> JSON {
        ["class": JSON(absence.className), "best": JSON(absence.best), "threshold": JSON(absence.threshold)]
    }

    private static func stop(_ stop: PerSAM.Stop) -> JSON {
        var record: JSON = ["reason": JSON(stop.reason.rawValue)]
        if let peak = stop.peak { record["peak"] = JSON(peak) }
        record["threshold"] = JSON(stop.threshold)
        return record
    }
}
