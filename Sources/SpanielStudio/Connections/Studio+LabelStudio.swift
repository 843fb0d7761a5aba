import SAM
import SpanielAnnotations
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// The project as a model behind Label Studio, by its protocol for machine learning backends
/// (label-studio-ml-backend, `api.py`).
///
/// Its labels are the project's classes. What is annotated there becomes labels here, and teaches; what is
/// suggested here is predicted there. A picture is found in the folder by its link, which is never followed.
extension Studio {
    private static var mostTasks: Int { 5000 }
    /// The most examples that annotations give a class: the linear head learns from more.
    private static var mostExamples: Int { 30 }
    private static var sameObject: Double { 0.5 }
    private static var sameExample: Double { 0.9 }

    /// Names what predictions depend on: Label Studio asks again for tasks that have none of this version.
    private var labelStudioVersion: JSON { JSON("\(models.detector?.name ?? "spaniel") \(state.revision)") }

    package func labelStudioHealth() -> JSON { ["status": "UP", "model_class": "Spaniel"] }

    /// Makes classes of labels that are none yet. Label Studio waits three seconds for it.
    package func labelStudioSetup(_ body: JSON) async throws -> JSON {
        try adopt(LabelStudioConfig(body["schema"]?.string ?? ""))
        return ["model_version": labelStudioVersion]
    }

    private func adopt(_ config: LabelStudioConfig) throws(StudioError) {
        var classes = state.orderedClasses
        var edits: [ProjectEdit] = []
        var new: [Int64] = []
        for label in config.labels where !classes.contains(where: { $0.name == label.name }) {
            let row = newClass(label.name, beside: classes)
            classes.append(row)
            new.append(row.id)
            edits.append(.put(row))
            if models.detector != nil {
                edits += label.words.map {
                    .put(PromptRecord(id: project.newID(), classID: row.id, words: $0))
                }
            }
        }
        guard !edits.isEmpty else { return }
        try commit("\(new.count) labels of Label Studio", edits)
        teach(new, learns: false)
    }

    /// Takes prompts over while the answer is on its way; what is asked next waits for that, and not for what is
    /// learnt then.
    private func teach(_ classes: some Sequence<Int64>, learns: Bool) {
        let (before, classes) = (teaching, classes.sorted())
        teaching = Task {
            await before?.value
            for classID in classes { await refresh(classID) }
            if learns { Task { _ = try? await learnAsIGo() } }
        }
    }

    private func links() -> PictureLinks {
        PictureLinks(state.pictures.values.lazy.filter { !$0.isMissing }.map { ($0.path, $0.id) })
    }

    // MARK: - Predicting

    package func labelStudioPredict(_ body: JSON) async throws -> JSON {
        let config = try LabelStudioConfig(body["label_config"]?.string ?? "")
        try adopt(config)
        let tasks = body["tasks"]?.array ?? []
        guard (1...Self.mostTasks).contains(tasks.count) else {
            throw StudioError.value(
                name: "tasks", expected: "1 to \(Self.mostTasks) tasks", found: "\(tasks.count)")
        }
        await teaching?.value
        let links = links()
        let drawn = body["params"]?["context"]?["result"]?.array ?? []
        var results: [JSON] = []
        var found = false
        for task in tasks {
            guard let link = config.link(of: task), let record = links[link].flatMap({ state.pictures[$0] })
            else {
                results.append(["result": [], "score": 0, "model_version": labelStudioVersion])
                continue
            }
            found = true
            note(task, record.id)
            let objects =
                drawn.isEmpty
                ? try await predicted(record, config) : try await answer(drawn, in: record, config)
            results.append(try await prediction(objects, of: record))
        }
        guard found else {
            throw StudioError.picture(
                code: "image.elsewhere",
                "\(tasks.first.flatMap { config.link(of: $0) } ?? "The task"): no picture in \(folder.path) has this "
                    + "name; the folder must hold the pictures that Label Studio shows")
        }
        return ["results": JSON(results)]
    }

    private struct Region {
        let label: String
        let control: LabelStudioConfig.Control
        let shape: StoredShape
        let score: Double
    }

    /// What is suggested in a picture. In one that is annotated already the same is said again: Label Studio
    /// shows predictions beside annotations.
    private func predicted(_ record: PictureRecord, _ config: LabelStudioConfig) async throws -> [Region] {
        await makeReady(record.id)
        var regions: [Region] = []
        for owner in state.orderedClasses {
            guard let control = config.control(for: owner.name, [.rectangle, .brush, .polygon]) else {
                continue
            }
            for (shape, score) in findings(owner.id, in: record.id) {
                guard let shape = try await self.shape(shape, for: control.kind, in: record)
                else { continue }
                regions.append(Region(label: owner.name, control: control, shape: shape, score: score))
            }
        }
        return regions
    }

    /// The shape as a control of some kind shows it; nil where SAM sees nothing.
    private func shape(_ shape: StoredShape, for kind: LabelStudioConfig.Kind, in record: PictureRecord)
        async throws -> StoredShape?
    {
        if kind == .rectangle || kind == .keypoint { return StoredShape(box: shape.box) }
        if shape.shape != nil { return shape }
        return try await mask(in: shape.box, of: record.id).map {
            StoredShape(box: shape.box, shape: $0.shape)
        }
    }

    private func prediction(_ regions: [Region], of record: PictureRecord) async throws -> JSON {
        let size = try await size(of: record)
        var results: [JSON] = []
        for region in regions {
            let set = LabelledSet(classes: [region.label])
            var shape = region.shape.shape
            if region.control.kind == .polygon {
                // A region of Label Studio is one ring.
                shape = region.shape.ring.map { .polygons([Polygon(outer: $0)]) }
            } else if let known = shape {
                shape = .mask(known.mask(size: size).rle)
            }
            let object = LabelledObject(
                classIndex: 0, box: region.shape.box, shape: shape, score: region.score.rounded(to: 4))
            let picture = LabelledPicture(file: record.path, size: size, objects: [object])
            // An id that no region had before: accepted ones keep theirs.
            for var result in set.labelStudioResults(
                of: picture, id: { _ in String(UInt64.random(in: .min ... .max), radix: 36) })
            {
                result["from_name"] = JSON(region.control.name)
                result["to_name"] = JSON(region.control.toName)
                results.append(result)
            }
        }
        let score = regions.reduce(0) { $0 + $1.score } / Double(max(1, regions.count))
        return [
            "model_version": labelStudioVersion, "score": JSON(score.rounded(to: 4)),
            "result": JSON(results),
        ]
    }

    // MARK: - What was just drawn

    /// Answers clicks with the outline that SAM sees, and a box with its outline, or, where the configuration
    /// knows boxes alone, with what else in the picture looks like it. The box becomes an example.
    private func answer(_ drawn: [JSON], in record: PictureRecord, _ config: LabelStudioConfig) async throws
        -> [Region]
    {
        let size = try await size(of: record)
        guard let label = drawn.lazy.compactMap({ Self.label(of: $0) }).first,
            let owner = state.classes.values.first(where: { $0.name == label })
        else {
            throw StudioError.value(
                name: "context", expected: "a region with one of the labels", found: "none")
        }
        let outline = config.control(for: label, [.brush, .polygon, .rectangle])
        var prompt = SAM.Prompt()
        for region in drawn where region["type"]?.string == "keypointlabels" {
            guard let x = region["value"]?["x"]?.double, let y = region["value"]?["y"]?.double, x.isFinite,
                y.isFinite
            else { continue }
            let isObject = region["is_positive"].map { $0.bool ?? ($0.int != 0) } ?? true
            prompt.points.append(
                .init(
                    Point(x: x / 100 * Double(size.width), y: y / 100 * Double(size.height)),
                    isObject: isObject))
        }
        let objects = try await objects(drawn, in: record, size)
        if prompt.points.contains(where: \.isObject) {
            prompt.box = objects.last?.shape.box
            guard let outline, let (shape, score) = try await mask(for: prompt, of: record) else { return [] }
            return try await self.shape(shape, for: outline.kind, in: record).map {
                [Region(label: label, control: outline, shape: $0, score: Double(score))]
            } ?? []
        }
        guard let box = objects.last?.shape else {
            throw StudioError.value(
                name: "context", expected: "a click on the object, or a box", found: "neither")
        }
        if let example = example(box, of: owner.id, in: record.id) {
            try commit("an example for \(owner.name)", [.put(example)])
            await refresh(owner.id)
        }
        guard let outline, outline.kind != .rectangle else {
            await makeReady(record.id)
            guard let control = config.control(for: label, [.rectangle]) else { return [] }
            let others = findings(owner.id, in: record.id).filter {
                $0.shape.box.iou(box.box) < Self.sameObject
            }
            return ([(StoredShape(box: box.box), 1)] + others).map {
                Region(label: label, control: control, shape: StoredShape(box: $0.0.box), score: $0.1)
            }
        }
        return try await mask(in: box.box, of: record.id).map {
            [Region(label: label, control: outline, shape: $0, score: 1)]
        } ?? []
    }

    private static func label(of region: JSON) -> String? {
        region["value"]?.object?.lazy.filter { $0.key.hasSuffix("labels") }.compactMap {
            $0.value.array?.first?.string
        }.first
    }

    /// An example of a class, unless it has enough, or one there, or the model sees something else in the box, which
    /// nobody is shown there.
    private func example(_ shape: StoredShape, of classID: Int64, in picture: Int64) -> PromptRecord? {
        let known = state.prompts(of: classID).filter { $0.kind == .example && !$0.negative }
        guard models.detector != nil, known.count < Self.mostExamples,
            !known.contains(where: {
                $0.picture == picture && $0.shape?.box.iou(shape.box) ?? 0 >= Self.sameExample
            })
        else { return nil }
        if let patches = ranker.pictures[picture],
            !(0..<patches.count).contains(where: { patches.box($0).iou(shape.box) >= Self.sameObject })
        {
            return nil
        }
        return PromptRecord(id: project.newID(), classID: classID, picture: picture, shape: shape)
    }

    // MARK: - What was annotated

    /// Takes over what was annotated there. Label Studio waits one second, so learning follows.
    package func labelStudioWebhook(_ body: JSON) async throws -> JSON {
        switch body["action"]?.string {
        case "ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED":
            let config = try LabelStudioConfig(body["project"]?["label_config"]?.string ?? "")
            try adopt(config)
            func list(_ name: String) -> [JSON] { body[name].map { $0.array ?? [$0] } ?? [] }
            for (annotation, task) in zip(list("annotation"), list("task")) {
                try await take(annotation, of: task, config)
            }
        case "ANNOTATIONS_DELETED", "ANNOTATION_DELETED":
            for annotation in body["annotations"]?.array ?? body["annotation"].map({ [$0] }) ?? [] {
                guard let id = annotation["id"]?.int ?? annotation.int,
                    let picture = annotatedPictures.removeValue(forKey: id)
                else { continue }
                try forget(in: picture)
            }
        case "START_TRAINING": teach([], learns: true)
        default: return ["status": "ignored"]
        }
        return ["status": "ok", "result": ["model_version": labelStudioVersion]]
    }

    /// Remembers in which picture annotations lie: when they are deleted only their numbers are told.
    private func note(_ task: JSON, _ picture: Int64) {
        for annotation in task["annotations"]?.array ?? [] {
            if let id = annotation["id"]?.int { annotatedPictures[id] = picture }
        }
    }

    private func take(_ annotation: JSON, of task: JSON, _ config: LabelStudioConfig) async throws {
        guard annotation["was_cancelled"]?.bool != true, let link = config.link(of: task),
            let record = links()[link].flatMap({ state.pictures[$0] })
        else { return }
        let size = try await size(of: record)
        let objects = try await objects(annotation["result"]?.array ?? [], in: record, size)
        if let id = annotation["id"]?.int { annotatedPictures[id] = record.id }
        let names = Dictionary(state.classes.values.map { ($0.name, $0.id) }) { first, _ in first }
        let wanted = objects.compactMap { object in names[object.label].map { (classID: $0, object: object) }
        }
        var old = state.annotations(in: record.id)
        var edits: [ProjectEdit] = []
        var touched: Set<Int64> = []
        var open = open(in: record.id)
        for (classID, object) in wanted {
            if let same = old.firstIndex(where: { $0.classID == classID && $0.shape == object.shape }) {
                old.remove(at: same)
                continue
            }
            var label = AnnotationRecord(
                id: project.newID(), picture: record.id, classID: classID, shape: object.shape,
                score: object.score, provenance: object.provenance)
            // What was suggested here and stayed was right.
            if let place = open.firstIndex(where: {
                $0.classID == classID && $0.shape.box.iou(object.shape.box) >= Self.sameObject
            }) {
                let row = decided(open.remove(at: place), .accepted)
                label.suggestion = row.id
                edits.append(.put(row))
            }
            edits.append(.put(label))
            // What a person drew or changed shows something new.
            if object.provenance != .model(name: nil),
                let example = example(object.shape, of: classID, in: record.id)
            {
                edits.append(.put(example))
                touched.insert(classID)
            }
        }
        edits += open.map { .put(decided($0, .rejected)) }
        for label in old {
            edits.append(.delete(.annotations, label.id))
            for prompt in examples(at: label) {
                edits.append(.delete(.prompts, prompt.id))
                touched.insert(prompt.classID)
            }
        }
        if !state.isReviewed(record.id) {
            edits.append(.put(ReviewRecord(picture: record.id, reviewed: true)))
        }
        guard !edits.isEmpty else { return }
        try commit("annotated \(record.path) in Label Studio", edits)
        teach(touched, learns: true)
    }

    private func decided(_ open: OpenSuggestion, _ verdict: SuggestionRecord.State) -> SuggestionRecord {
        SuggestionRecord(
            id: open.kept ?? project.newID(), picture: open.picture, classID: open.classID, shape: open.shape,
            score: open.score, state: verdict, task: open.task, model: modelName(open.task),
            prompt: open.prompt, patch: open.patch)
    }

    /// The examples that a label was made.
    private func examples(at label: AnnotationRecord) -> [PromptRecord] {
        state.prompts(of: label.classID).filter {
            $0.kind == .example && !$0.negative && $0.picture == label.picture
                && $0.shape?.box.iou(label.shape.box) ?? 0 >= Self.sameExample
        }
    }

    /// Takes a picture's labels back, and the examples they were.
    private func forget(in picture: Int64) throws(StudioError) {
        let labels = state.annotations(in: picture)
        let prompts = labels.flatMap { examples(at: $0) }
        try commit(
            "annotation deleted in Label Studio",
            labels.map { .delete(.annotations, $0.id) } + prompts.map { .delete(.prompts, $0.id) }
                + [.put(ReviewRecord(picture: picture, reviewed: false))])
        teach(Set(prompts.map(\.classID)), learns: false)
    }

    private struct ReadObject {
        let label: String
        let shape: StoredShape
        let score: Double?
        let provenance: LabelledObject.Provenance
    }

    /// Regions as the reader of Label Studio's files reads them.
    private func objects(_ regions: [JSON], in record: PictureRecord, _ size: Size) async throws
        -> [ReadObject]
    {
        let task: JSON = [
            "data": [
                "image": JSON(record.path), "width": JSON(size.width), "height": JSON(size.height),
            ], "annotations": [["result": JSON(regions)]],
        ]
        let (_, reading) = try await reading([
            "format": JSON(AnnotationFormat.labelStudio.rawValue),
            "files": [["name": "tasks.json", "text": JSON(JSON([task]).text())]],
        ])
        return (reading.set.pictures.first?.objects ?? []).map {
            ReadObject(
                label: reading.set.classes[$0.classIndex].name,
                shape: StoredShape(box: $0.box, shape: $0.shape), score: $0.score,
                provenance: $0.provenance ?? .human)
        }
    }
}
