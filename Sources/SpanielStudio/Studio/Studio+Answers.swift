import SpanielAnnotations
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// The project as the page reads it; `openapi.yaml` says what each field is.
extension Studio {
    package func projectAnswer() throws(StudioError) -> JSON {
        let labels = try project.labels()
        let present = state.pictures.values.filter { !$0.isMissing }
        return [
            "name": JSON(folder.name), "folder": JSON(folder.path), "file": JSON(project.path),
            "revision": JSON(state.revision), "canUndo": JSON(labels.undo != nil),
            "canRedo": JSON(labels.redo != nil), "undoLabel": labels.undo.map { JSON($0) } ?? nil,
            "redoLabel": labels.redo.map { JSON($0) } ?? nil,
            "classes": JSON(state.orderedClasses.map { json($0) }), "progress": progress,
            "jobs": JSON(jobs.map(\.json)),
            "counts": [
                "pictures": JSON(present.count), "reviewed": JSON(present.count { state.isReviewed($0.id) }),
                "failed": JSON(present.count { $0.problem != nil }),
                "annotations": JSON(state.annotations.count), "groups": JSON(Set(groups.values).count),
            ],
            "models": [
                "detect": models.detector.map { JSON($0.name) } ?? nil,
                "mask": models.segmenter.map { JSON($0.name) } ?? nil,
                "find": models.segmenter.map { JSON($0.name) } ?? nil,
            ],
            "formats": JSON(
                AnnotationFormat.allCases.map {
                    [
                        "id": JSON($0.rawValue), "title": JSON($0.title), "isFolder": JSON($0.isFolder),
                        "sought": JSON($0.sought), "reads": JSON(true), "writes": JSON($0 != .cocoResults),
                    ]
                }),
            "trouble": trouble.map { ["code": JSON($0.code), "message": JSON($0.description)] } ?? nil,
        ]
    }

    package struct GalleryOptions: Sendable {
        package var order = "name"
        package var classID: String?
        package var show = "all"
        package var offset = 0
        package var limit = 10_000
        package init() {}
    }

    package func pictures(_ options: GalleryOptions) throws(StudioError) -> JSON {
        let record: ClassRecord? = if let id = options.classID { try classRecord(id) } else { nil }
        if record == nil, options.order != "name" {
            throw .value(name: "order", expected: "a class to order by", found: "none")
        }
        // All at once, on every processor; the summaries then only look up.
        for classID in ranker.queries.keys { _ = ranker.allCandidates(classID) }
        var rows = order.compactMap { state.pictures[$0] }.filter {
            !$0.isMissing || !state.annotations(in: $0.id).isEmpty
        }
        switch options.show {
        case "open": rows.removeAll { state.isReviewed($0.id) }
        case "reviewed": rows.removeAll { !state.isReviewed($0.id) }
        case "unlabelled": rows.removeAll { !state.annotations(in: $0.id).isEmpty }
        case "labelled": rows.removeAll { state.annotations(in: $0.id).isEmpty }
        case "suggested": rows.removeAll { openCount(in: $0.id) == 0 }
        case "failed": rows.removeAll { $0.problem == nil }
        default: break
        }
        if let record, options.order != "name" {
            var keys: [Int64: Double] = [:]
            for row in rows {
                let open = open(record.id, in: row.id)
                keys[row.id] =
                    options.order == "doubt"
                    ? open.map(\.doubt).max() ?? 0 : score(record.id, in: row.id) ?? -1
            }
            let places = Dictionary(
                uniqueKeysWithValues: rows.enumerated().map { ($0.element.id, $0.offset) })
            rows.sort {
                (keys[$1.id] ?? 0, places[$0.id] ?? 0) < (keys[$0.id] ?? 0, places[$1.id] ?? 0)
            }
        }
        let part = rows.dropFirst(max(0, options.offset)).prefix(max(0, options.limit))
        return [
            "total": JSON(rows.count), "revision": JSON(state.revision),
            "pictures": JSON(part.map { summary($0.id, classID: record?.id) }),
        ]
    }

    /// The best score of a class in a picture; nil if it is not encoded.
    private func score(_ classID: Int64, in picture: Int64) -> Double? {
        guard ranker.pictures[picture] != nil else { return nil }
        return ranker.candidates(classID, in: picture).first.map { Double($0.score) } ?? 0
    }

    func summary(_ id: Int64, classID: Int64? = nil) -> JSON {
        guard let picture = state.pictures[id] else { return nil }
        let labels = state.annotations(in: id)
        let isEncoded = ranker.pictures[id] != nil || models.detector == nil && !pending.contains(id)
        let stateName =
            picture.isMissing
            ? "missing" : picture.problem != nil ? "failed" : isEncoded ? "encoded" : "waiting"
        return [
            "id": JSON(StudioID.picture(id)), "name": JSON(picture.path), "content": JSON(picture.key),
            "version": JSON(state.reviews[id]?.version ?? 0),
            "width": picture.size.map { JSON($0.width) } ?? nil,
            "height": picture.size.map { JSON($0.height) } ?? nil, "state": JSON(stateName),
            "problem": picture.problem.map { JSON($0.message) } ?? nil,
            "reviewed": JSON(state.isReviewed(id)), "annotations": JSON(labels.count),
            "suggestions": JSON(openCount(in: id)),
            "score": classID.flatMap { score($0, in: id) }.map { JSON($0.rounded(to: 4)) } ?? nil,
            "group": groups[id].map { JSON("g\($0)") } ?? nil,
            "colors": JSON(Set(labels.map(\.classID)).sorted().map { JSON(StudioID.classID($0)) }),
        ]
    }

    package func pictureAnswer(_ id: String) async throws -> (json: JSON, version: Int64) {
        let record = try picture(id)
        if record.size == nil, record.problem == nil { try await readSize(of: record) }
        return (fullPicture(record.id), state.reviews[record.id]?.version ?? 0)
    }

    func fullPicture(_ id: Int64) -> JSON {
        var json = summary(id)
        json["objects"] = JSON(state.annotations(in: id).map { self.json($0) })
        json["open"] = JSON(open(in: id).map { self.json($0, duplicates: duplicates(of: $0).count) })
        let group = groups[id]
        json["duplicates"] = JSON(
            groups.filter { $0.value == group && $0.key != id }.keys.sorted().map {
                JSON(StudioID.picture($0))
            })
        return json
    }

    /// Finds out a picture's size before it is encoded.
    func readSize(of record: PictureRecord) async throws {
        let files = files
        do {
            let picture = try await pixels.run { try files.picture(record) }
            guard var now = state.pictures[record.id], now.key == record.key else { return }
            now.size = picture.size
            project.state.pictures[record.id] = now
            unsaved.insert(now.id)
        } catch let error as StudioError {
            guard case .picture(let code, let message) = error, var now = state.pictures[record.id] else {
                throw error
            }
            now.problem = PictureRecord.Problem(code: code, message: message)
            project.state.pictures[record.id] = now
        }
    }

    func json(_ record: ClassRecord) -> JSON {
        let query = ranker.queries[record.id]
        let usual = Double(query?.defaultThreshold ?? 0.1)
        let estimates = estimates(record.id)
        return [
            "id": JSON(StudioID.classID(record.id)), "version": JSON(record.version),
            "name": JSON(record.name), "color": JSON(record.color), "key": record.key.map { JSON($0) } ?? nil,
            "threshold": JSON((record.threshold ?? usual).rounded(to: 4)),
            "defaultThreshold": JSON(usual.rounded(to: 4)), "isDefault": JSON(record.threshold == nil),
            "prompts": JSON(state.prompts(of: record.id).map { json($0) }),
            "annotations": JSON(state.annotations.values.count { $0.classID == record.id }),
            "accepted": JSON(
                state.suggestions.values.count { $0.classID == record.id && $0.state == .accepted }),
            "rejected": JSON(
                state.suggestions.values.count { $0.classID == record.id && $0.state == .rejected }),
            "learned": learnedAnswer(record), "usesLearned": JSON(record.usesLearned),
            "mayLearn": JSON(mayLearn(record.id)), "mayFit": JSON(estimates.mayFit),
        ]
    }

    func json(_ prompt: PromptRecord) -> JSON {
        [
            "id": JSON(StudioID.prompt(prompt.id)), "version": JSON(prompt.version),
            "kind": JSON(prompt.kind.rawValue), "enabled": JSON(prompt.enabled),
            "negative": JSON(prompt.negative), "text": prompt.text.map { JSON($0) } ?? nil,
            "picture": prompt.picture.map { JSON(StudioID.picture($0)) } ?? nil,
            "box": prompt.shape?.box.json ?? nil,
            "taken": taken[prompt.id]?.json ?? nil,
        ]
    }

    func json(_ annotation: AnnotationRecord) -> JSON {
        let provenance: String =
            switch annotation.provenance {
            case .human: "human"
            case .edited: "edited"
            case .model: "model"
            }
        return [
            "id": JSON(StudioID.annotation(annotation.id)), "version": JSON(annotation.version),
            "picture": JSON(StudioID.picture(annotation.picture)),
            "class": JSON(StudioID.classID(annotation.classID)), "box": annotation.shape.box.json,
            "shape": Self.shapeAnswer(annotation.shape),
            "score": annotation.score.map { JSON($0.rounded(to: 4)) } ?? nil,
            "provenance": JSON(provenance),
        ]
    }

    /// A shape with both outlines, to draw, and pixels, to be exact.
    static func shapeAnswer(_ shape: StoredShape) -> JSON {
        var json = shape.json
        if let known = shape.shape, json["polygons"] == nil {
            json["polygons"] = JSON(known.polygons.map(\.json))
        }
        return json
    }

    package func historyAnswer(limit: Int) throws(StudioError) -> JSON {
        [
            "steps": JSON(
                try project.history(limit: limit).map {
                    [
                        "id": JSON(StudioID.step($0.id)), "label": JSON($0.label),
                        "undone": JSON($0.isUndone),
                        "at": JSON(Date(timeIntervalSince1970: Double($0.time)).ISO8601Format()),
                    ]
                })
        ]
    }
}

extension PhotoFolder {
    /// The folder's own name.
    var name: String {
        let parts = path.split(separator: "/")
        guard let last = parts.last, last != ".", last != ".." else { return path }
        return String(last)
    }
}
