import OWLViT
import SpanielAnnotations
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// What a request changes: each is one step of the history.
extension Studio {
    /// The size of a picture, which a shape is checked against.
    func size(of record: PictureRecord) async throws -> Size {
        if let size = record.size { return size }
        try await readSize(of: record)
        guard let size = state.pictures[record.id]?.size else {
            throw StudioError.picture(
                code: "image.unreadable",
                state.pictures[record.id]?.problem?.message ?? "\(record.path) cannot be read")
        }
        return size
    }

    private func changed(_ more: [(String, JSON)] = []) -> JSON {
        JSON.object(JSON.Object([("revision", JSON(state.revision))] + more))
    }

    // MARK: - Pictures and annotations

    package func review(_ id: String, version: Int64?, _ body: JSON) throws(StudioError) -> JSON {
        let record = try picture(id)
        guard let reviewed = body["reviewed"]?.bool else {
            throw .value(
                name: "reviewed", expected: "true or false", found: body["reviewed"]?.kind ?? "nothing")
        }
        let row = state.reviews[record.id] ?? ReviewRecord(picture: record.id, reviewed: false)
        try check(version, row, "The picture")
        try commit(
            reviewed ? "reviewed \(record.path)" : "reopened \(record.path)",
            [.put(ReviewRecord(picture: record.id, reviewed: reviewed))])
        return changed([("picture", fullPicture(record.id))])
    }

    package func addAnnotation(_ id: String, _ body: JSON) async throws -> JSON {
        let record = try picture(id)
        let size = try await size(of: record)
        let owner = try classRecord(body["class"]?.string ?? "")
        let shape = try Self.shape(body["shape"], in: size)
        let row = AnnotationRecord(id: project.newID(), picture: record.id, classID: owner.id, shape: shape)
        var edits: [ProjectEdit] = [.put(row)]
        let isExample = body["example"]?.bool ?? false
        if isExample {
            edits.append(
                .put(
                    PromptRecord(id: project.newID(), classID: owner.id, picture: record.id, shape: shape)))
        }
        try commit("added \(owner.name)", edits)
        if isExample { await refresh(owner.id) }
        return changed([
            ("annotation", json(state.annotations[row.id] ?? row)), ("picture", fullPicture(record.id)),
            ("class", state.classes[owner.id].map { json($0) } ?? nil),
        ])
    }

    package func replaceAnnotation(_ id: String, version: Int64?, _ body: JSON) async throws -> JSON {
        let old = try annotationRecord(id)
        guard let record = state.pictures[old.picture] else { throw StudioError.unknown("picture") }
        let size = try await size(of: record)
        var row = try annotationRecord(id)
        try check(version, row, "The annotation")
        let owner = try classRecord(body["class"]?.string ?? "")
        row.classID = owner.id
        row.shape = try Self.shape(body["shape"], in: size)
        if case .model = row.provenance { row.provenance = .edited }
        var edits: [ProjectEdit] = [.put(row)]
        let isExample = body["example"]?.bool ?? false
        if isExample {
            edits.append(
                .put(
                    PromptRecord(
                        id: project.newID(), classID: owner.id, picture: record.id, shape: row.shape)))
        }
        try commit("changed \(owner.name)", edits)
        if isExample { await refresh(owner.id) }
        return changed([
            ("annotation", json(state.annotations[row.id] ?? row)), ("picture", fullPicture(record.id)),
        ])
    }

    package func deleteAnnotation(_ id: String, version: Int64?) throws(StudioError) -> JSON {
        let row = try annotationRecord(id)
        try check(version, row, "The annotation")
        var edits: [ProjectEdit] = [.delete(.annotations, row.id)]
        // What was accepted and is thrown away now was not right.
        if let kept = row.suggestion, var suggestion = state.suggestions[kept], suggestion.state == .accepted
        {
            suggestion.state = .rejected
            edits.append(.put(suggestion))
        }
        try commit("deleted \(state.classes[row.classID]?.name ?? "an object")", edits)
        return changed([("picture", fullPicture(row.picture))])
    }

    // MARK: - Classes

    package func addClass(_ body: JSON) throws(StudioError) -> JSON {
        let name = try Self.name(body["name"])
        try requireFree(name, except: nil)
        var row = newClass(name, beside: state.orderedClasses)
        if let asked = body["color"], !asked.isNull { row.color = try Self.color(asked) }
        if let asked = body["key"] { row.key = try key(asked) }
        try commit("new class \(name)", freeing(row.key, except: row.id) + [.put(row)])
        return changed([("class", json(state.classes[row.id] ?? row))])
    }

    /// A class with the first colour and key that none of the others has, after the last of them.
    func newClass(_ name: String, beside others: [ClassRecord]) -> ClassRecord {
        let (colors, keys) = (Set(others.map(\.color)), Set(others.compactMap(\.key)))
        return ClassRecord(
            id: project.newID(), name: name,
            color: Self.colors.first { !colors.contains($0) }
                ?? Self.colors[others.count % Self.colors.count],
            key: (1...9).map(String.init).first { !keys.contains($0) },
            place: (others.last?.place ?? -1) + 1)
    }

    private func requireFree(_ name: String, except id: Int64?) throws(StudioError) {
        if state.classes.values.contains(where: { $0.name == name && $0.id != id }) {
            throw .value(name: "name", expected: "a name that no class has yet", found: name)
        }
    }

    private func key(_ json: JSON?) throws(StudioError) -> String? {
        guard let json, !json.isNull else { return nil }
        guard let key = json.string, key.utf8.count == 1, ("1"..."9").contains(key) else {
            throw .value(name: "key", expected: "1 to 9", found: json.text())
        }
        return key
    }

    /// Takes a key from the class that has it.
    private func freeing(_ key: String?, except id: Int64) -> [ProjectEdit] {
        guard let key else { return [] }
        return state.classes.values.filter { $0.key == key && $0.id != id }.map {
            var row = $0
            row.key = nil
            return .put(row)
        }
    }

    package func changeClass(_ id: String, version: Int64?, _ body: JSON) async throws -> JSON {
        var row = try classRecord(id)
        try check(version, row, "The class")
        var edits: [ProjectEdit] = []
        var label = "changed \(row.name)"
        if let name = body["name"] {
            row.name = try Self.name(name)
            try requireFree(row.name, except: row.id)
        }
        if let color = body["color"] { row.color = try Self.color(color) }
        if let asked = body["key"] {
            row.key = try key(asked)
            edits += freeing(row.key, except: row.id)
        }
        if let threshold = body["threshold"] {
            guard threshold.isNull || (0...1).contains(threshold.double ?? -1) else {
                throw StudioError.value(name: "threshold", expected: "0 to 1", found: threshold.text())
            }
            row.threshold = threshold.double
            label = "threshold of \(row.name)"
        }
        if let uses = body["usesLearned"]?.bool {
            if uses, row.learned == nil {
                throw StudioError.few(code: "learn.none", "\(row.name) has learnt nothing yet")
            }
            // Scores mean something else then.
            if uses != row.usesLearned { row.threshold = nil }
            if !uses { dropCloser() }
            row.usesLearned = uses
        }
        if let place = body["place"]?.int {
            edits += moved(&row, to: place)
        }
        try commit(label, edits + [.put(row)])
        if body["name"] != nil || body["usesLearned"] != nil {
            await refresh(row.id)
        } else if body["threshold"] != nil {
            applyThreshold(of: row.id)
        }
        return changed([("class", state.classes[row.id].map { json($0) } ?? nil)])
    }

    /// Makes the threshold that a class has now count.
    func applyThreshold(of classID: Int64) {
        guard let record = state.classes[classID], let query = ranker.queries[classID] else { return }
        ranker.set(threshold: record.threshold.map(Float.init) ?? query.defaultThreshold, of: classID)
        events.send("scores", ["classes": [JSON(StudioID.classID(classID))]])
    }

    private func moved(_ row: inout ClassRecord, to place: Int) -> [ProjectEdit] {
        let id = row.id
        var others = state.orderedClasses.filter { $0.id != id }
        let place = min(max(0, place), others.count)
        row.place = Int64(place)
        for index in others.indices { others[index].place = Int64(index < place ? index : index + 1) }
        return others.filter { $0 != state.classes[$0.id] }.map { .put($0) }
    }

    package func deleteClass(_ id: String, version: Int64?, into: String?) async throws -> JSON {
        let row = try classRecord(id)
        try check(version, row, "The class")
        let target: ClassRecord? = if let into { try classRecord(into) } else { nil }
        if target?.id == row.id {
            throw StudioError.value(name: "into", expected: "another class", found: "the same")
        }
        var edits: [ProjectEdit] = []
        for var prompt in state.prompts.values.sorted(by: { $0.id < $1.id }) where prompt.classID == row.id {
            if let target {
                prompt.classID = target.id
                edits.append(.put(prompt))
            } else {
                edits.append(.delete(.prompts, prompt.id))
            }
        }
        for var label in state.annotations.values.sorted(by: { $0.id < $1.id }) where label.classID == row.id
        {
            if let target {
                label.classID = target.id
                edits.append(.put(label))
            } else {
                edits.append(.delete(.annotations, label.id))
            }
        }
        for var kept in state.suggestions.values.sorted(by: { $0.id < $1.id }) where kept.classID == row.id {
            if let target {
                kept.classID = target.id
                edits.append(.put(kept))
            } else {
                edits.append(.delete(.suggestions, kept.id))
            }
        }
        edits.append(.delete(.classes, row.id))
        try commit(
            target.map { "merged \(row.name) into \($0.name)" } ?? "deleted class \(row.name)", edits)
        await refresh(row.id)
        if let target { await refresh(target.id) }
        return changed(target.flatMap { state.classes[$0.id] }.map { [("class", json($0))] } ?? [])
    }

    // MARK: - Prompts

    package func addPrompt(_ classID: String, _ body: JSON) async throws -> JSON {
        let owner = try classRecord(classID)
        let negative = body["negative"]?.bool ?? false
        let row: PromptRecord
        switch body["kind"]?.string {
        case "words":
            let text = body["text"]?.string ?? ""
            guard (1...4000).contains(text.utf8.count), !text.allSatisfy(\.isWhitespace) else {
                throw StudioError.value(name: "text", expected: "some words", found: "none, or too many")
            }
            // What the model refuses is refused before it is saved.
            if models.detector != nil {
                do { _ = try await embed(text) } catch {
                    throw StudioError.value(
                        name: "text", expected: "words that the model reads", found: "\(error)")
                }
            }
            row = PromptRecord(id: project.newID(), classID: owner.id, words: text, negative: negative)
        case "example":
            let (picture, shape) = try await example(body)
            row = PromptRecord(
                id: project.newID(), classID: owner.id, picture: picture, shape: shape, negative: negative)
        default:
            throw StudioError.value(
                name: "kind", expected: "words or example", found: body["kind"]?.text() ?? "nothing")
        }
        _ = try classRecord(classID)
        let what = row.kind == .words ? "words" : negative ? "a negative" : "an example"
        try commit("\(what) for \(owner.name)", [.put(row)])
        await refresh(owner.id)
        return changed([
            ("prompt", json(state.prompts[row.id] ?? row)),
            ("class", state.classes[owner.id].map { json($0) } ?? nil),
        ])
    }

    /// The picture and the shape of an example.
    private func example(_ body: JSON) async throws -> (Int64, StoredShape) {
        if let id = body["annotation"]?.string {
            let label = try annotationRecord(id)
            return (label.picture, label.shape)
        }
        let record = try picture(body["picture"]?.string ?? "")
        let size = try await size(of: record)
        if let json = body["point"], !json.isNull {
            guard let point = Point(json: json),
                Box(size).intersection(
                    Box(x1: point.x, y1: point.y, x2: point.x + 1e-6, y2: point.y + 1e-6)
                ).area > 0
            else {
                throw StudioError.value(name: "point", expected: "[x, y] in the picture", found: json.text())
            }
            // The box that the model sees there.
            let encoding = try await exampleEncoding(record.id)
            guard let choice = encoding.views[0].candidates(at: point).first else {
                throw StudioError.value(name: "point", expected: "a point on an object", found: json.text())
            }
            let box = encoding.views[0].boxes[choice.patch].intersection(Box(size))
            return (record.id, try Self.shape(["box": box.json], in: size))
        }
        return (record.id, try Self.shape(body["shape"], in: size))
    }

    package func changePrompt(_ id: String, version: Int64?, _ body: JSON) async throws -> JSON {
        var row = try promptRecord(id)
        try check(version, row, "The prompt")
        if let enabled = body["enabled"]?.bool { row.enabled = enabled }
        if let negative = body["negative"]?.bool {
            row.negative = negative
        }
        if let choice = body["choice"] {
            let count = taken[row.id]?.alternatives.count ?? 0
            guard choice.isNull || (0..<max(1, count)).contains(choice.int ?? -1) else {
                throw StudioError.value(
                    name: "choice", expected: "a place among \(count) alternatives", found: choice.text())
            }
            row.choice = choice.int.map(Int64.init)
        }
        try commit("changed a prompt of \(state.classes[row.classID]?.name ?? "a class")", [.put(row)])
        await refresh(row.classID)
        return changed([
            ("prompt", json(state.prompts[row.id] ?? row)),
            ("class", state.classes[row.classID].map { json($0) } ?? nil),
        ])
    }

    package func deletePrompt(_ id: String, version: Int64?) async throws -> JSON {
        let row = try promptRecord(id)
        try check(version, row, "The prompt")
        try commit(
            "deleted a prompt of \(state.classes[row.classID]?.name ?? "a class")",
            [.delete(.prompts, row.id)])
        await refresh(row.classID)
        return changed([("class", state.classes[row.classID].map { json($0) } ?? nil)])
    }

    // MARK: - History

    package func move(undo: Bool, version: Int64?) async throws -> JSON {
        guard let version else { throw StudioError.noVersion }
        guard version == state.revision else { throw StudioError.changed("The project") }
        let move: ProjectMove
        do throws(StudioError) {
            move = try undo ? project.undo() : project.redo()
            settle(nil)
        } catch {
            if case .notSaved = error { settle(error) }
            throw error
        }
        tell(move)
        if move.touchesClasses {
            var classes = Set(move.rows.filter { $0.table == .classes }.map(\.id))
            classes.formUnion(state.prompts.values.map(\.classID))
            for prompt in move.rows where prompt.table == .prompts {
                if let owner = state.prompts[prompt.id]?.classID { classes.insert(owner) }
            }
            for classID in classes.union(state.classes.keys).sorted() { await refresh(classID) }
        }
        let labels = try project.labels()
        return [
            "revision": JSON(state.revision), "label": JSON(move.label),
            "pictures": JSON(move.pictures.prefix(500).map { summary($0) }),
            "classes": JSON(move.touchesClasses), "canUndo": JSON(labels.undo != nil),
            "canRedo": JSON(labels.redo != nil),
        ]
    }
}
