import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension LabelStudio {
    static func read(_ url: URL, _ reading: inout Reading) throws(AnnotationError) -> LabelledSet {
        let top = try AnnotationFile.json(of: url, name: url.lastPathComponent)
        var table = ClassTable()
        let tasks = top.isObject ? [top] : try top.elements { $0 }
        var pictures: [LabelledPicture] = []
        for (index, task) in tasks.enumerated() {
            do throws(AnnotationError) {
                if let picture = try picture(task, index, &table, &reading) { pictures.append(picture) }
            } catch { reading.shape(error, as: .picture) }
        }
        return table.set(sorted: pictures)
    }

    /// A task's picture with its objects; nil where it is left out.
    private static func picture(
        _ task: Field, _ index: Int, _ table: inout ClassTable, _ reading: inout Reading
    ) throws(AnnotationError) -> LabelledPicture? {
        let isMinimal = task["data"].isMissing
        let data = isMinimal ? task : task["data"]
        guard let key = pictureKey(of: data) else {
            throw data["image"].error(expected: "a picture's address, under this key or another")
        }
        let link = try data[key].string()
        let objects = isMinimal ? minimalResults(task) : try results(of: task, &reading)
        guard
            let (file, size) = try place(link, objects.map(\.field), task, data, data[key], &reading)
        else { return nil }
        var picture = LabelledPicture(file: file, size: size)
        picture.number = task["id"].value?.int
        let before = reading.faultyShapes
        for (place, region) in LabelStudioRegion.joined(objects).enumerated() {
            do throws(AnnotationError) {
                guard
                    let read = try region.object(picture.size, &table, &reading),
                    var labelled = try reading.inside(
                        read, picture.size, error: { region.value.outside(picture.size, read.box) })
                else { continue }
                if let model = region.model { labelled.provenance = model }
                if labelled.extras.fields["id"]?.string == "\(index)-\(place)" {
                    labelled.extras = Extras(.labelStudio, labelled.extras.fields.without("id"))
                }
                picture.objects.append(labelled)
            } catch { reading.shape(error) }
        }
        if !isMinimal {
            var fields = task.others("id", "data", "annotations", "predictions")
            let others = data.others("width", "height") { other, value in
                other == "image" && value.string == file
            }
            if !others.isEmpty { fields.append("data", .object(others)) }
            picture.extras = Extras(.labelStudio, fields)
        }
        return reading.isEmptied(picture.objects, since: before) ? nil : picture
    }

    /// Under which key the picture stands: `image`, else the first that looks like one. The labelling
    /// configuration names it as it likes.
    private static func pictureKey(of data: Field) -> String? {
        if data["image"].value?.string != nil { return "image" }
        let texts = (data.value?.object ?? JSON.Object()).filter { $0.value.string != nil }
        func isPicture(_ text: String) -> Bool {
            Paths.isPicture(String(text.prefix { $0 != "?" && $0 != "#" })) || Paths.isPicture(text)
        }
        let named = texts.first { isPicture($0.value.string ?? "") }
        return
            (named
            ?? texts.first {
                let text = $0.value.string ?? ""
                return text.hasPrefix("/data/") || text.contains("://")
            })?.key
    }

    private typealias Result = (field: Field, model: LabelledObject.Provenance?)

    /// The first annotation that was not cancelled; without one the predictions.
    private static func results(of task: Field, _ reading: inout Reading) throws(AnnotationError) -> [Result]
    {
        // Before version 1.0 they were called completions.
        let list = task["annotations"].isMissing ? task["completions"] : task["annotations"]
        let annotations = list.isMissing ? [] : try list.elements { field in field }
        let valid = annotations.filter { $0["was_cancelled"].value?.flag != true }
        reading.losses.count(
            "annotation", "annotations", "left out: their tasks have another before them",
            max(0, valid.count - 1), kind: "second-annotation")
        var results: [Result] = []
        for annotation in valid.prefix(1) where !annotation["result"].isMissing {
            results += try annotation["result"].elements { ($0, nil) }
        }
        guard valid.isEmpty, !task["predictions"].isMissing else { return results }
        for prediction in try task["predictions"].elements({ $0 }) where !prediction["result"].isMissing {
            let model = LabelledObject.Provenance.model(
                name: prediction["model_version"].value?.string.flatMap { $0.isEmpty ? nil : $0 })
            results += try prediction["result"].elements { ($0, model) }
        }
        return results
    }

    /// The results of the export JSON_MIN, which stand under the names of the labelling configuration.
    private static func minimalResults(_ task: Field) -> [Result] {
        var results: [Result] = []
        for (key, value) in task.value?.object ?? JSON.Object() {
            for (place, item) in (value.array ?? []).enumerated() {
                guard let fields = item.object else { continue }
                let kind =
                    fields.keys.first { $0.hasSuffix("labels") } ?? fields.keys.first { $0 == "choices" }
                var result: JSON = ["type": JSON(kind ?? "rectangle"), "value": item]
                for side in ["original_width", "original_height"] { result[side] = item[side] }
                results.append((Field(result, like: task[key][place]), nil))
            }
        }
        return results
    }

    /// The picture's file and size; nil where a task without objects says neither, which is counted.
    ///
    /// The picture's own size counts where it can be looked at (Label Studio swaps the sides of turned
    /// photos), else what is written down.
    private static func place(
        _ link: String, _ results: [Field], _ task: Field, _ data: Field, _ field: Field,
        _ reading: inout Reading
    ) throws(AnnotationError) -> (String, Size)? {
        let name = path(ofLink: link)
        var size = try data.declaredSize()
        // What outlines nothing needs no size; the first that does has one, or is a fault.
        let shapes = results.filter { LabelStudioRegion.needsSize($0) }
        if size == nil, let first = shapes.first(where: { !$0["original_width"].isMissing }) ?? shapes.first {
            do { size = try first.size(width: "original_width", height: "original_height") } catch {
                if case .file(_, let path) = reading.pictures.find(name, or: uploaded(name)),
                    let own = try? Size(ofPictureAt: URL(filePath: path))
                {
                    size = own
                } else {
                    throw error
                }
            }
        }
        do throws(AnnotationError) {
            let found = try reading.picture(
                name, or: uploaded(name), size: size, prefersOwn: reading.options.pictures != nil
            ) {
                field.error(
                    expected: "a picture that can be looked at, for its size (name its folder)", found: name)
            }
            return (found.file, found.size)
        } catch {
            guard case .value = error, shapes.isEmpty else { throw error }
            reading.losses.count(
                "task", "tasks",
                "without objects left out: no size is written down and the picture is not at hand (say with --pictures FOLDER where it lies)",
                kind: "unsized-picture")
            return nil
        }
    }

    /// The name a file had before it was uploaded: `0a1b2c3d-a.jpg` → `a.jpg`.
    private static func uploaded(_ name: String) -> String? {
        let last = Paths.last(name)
        let parts = last.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, parts[0].utf8.count == 8, parts[0].allSatisfy(\.isHexDigit) else {
            return nil
        }
        return String(parts[1])
    }

    /// What a task's link to local storage names; any other link stays as it is.
    private static func path(ofLink link: String) -> String {
        guard let query = link.firstRange(of: "/data/local-files/?d=") else { return link }
        let encoded = link[query.upperBound...].prefix { $0 != "&" }
        return encoded.removingPercents ?? String(encoded)
    }
}
