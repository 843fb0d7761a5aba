import SpanielAnnotations
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// Accepting and rejecting.
extension Studio {
    private struct Decision {
        let suggestion: OpenSuggestion
        let accepts: Bool
        var classID: Int64
        var shape: StoredShape
        /// Whether a person drew the shape.
        var isCorrected: Bool
    }

    private static var mostDecisions: Int { 2000 }

    package func decide(_ body: JSON) async throws -> JSON {
        let reviewed = try (body["reviewed"]?.array ?? []).prefix(Self.mostDecisions).map {
            try picture($0.string ?? "").id
        }
        guard let list = body["decisions"]?.array, list.count <= Self.mostDecisions,
            !list.isEmpty || !reviewed.isEmpty
        else {
            throw StudioError.value(
                name: "decisions", expected: "1 to \(Self.mostDecisions) decisions", found: "others")
        }
        let wantsMasks = body["masks"]?.bool ?? false
        let asExamples = body["example"]?.bool ?? false
        var decisions = try list.map { try decision($0) }
        if body["duplicates"]?.bool ?? true {
            var seen = Set(decisions.map(\.suggestion.id))
            for decision in decisions where decision.classID == decision.suggestion.classID {
                for other in duplicates(of: decision.suggestion) where seen.insert(other.id).inserted {
                    decisions.append(
                        Decision(
                            suggestion: other, accepts: decision.accepts, classID: other.classID,
                            shape: other.shape, isCorrected: false))
                }
            }
        }
        if wantsMasks {
            for index in decisions.indices
            where decisions[index].accepts && decisions[index].shape.shape == nil {
                if let mask = try await mask(
                    in: decisions[index].shape.box, of: decisions[index].suggestion.picture)
                {
                    decisions[index].shape = mask
                }
            }
            // Others may have decided while the masks were made.
            for decision in decisions { try requireOpen(decision.suggestion.id) }
        }
        return try await save(decisions, asExamples: asExamples, reviewed: reviewed)
    }

    private func decision(_ json: JSON) throws(StudioError) -> Decision {
        let suggestion = try requireOpen(json["suggestion"]?.string ?? "")
        let accepts: Bool
        switch json["verdict"]?.string {
        case "accept": accepts = true
        case "reject": accepts = false
        default:
            throw .value(
                name: "verdict", expected: "accept or reject", found: json["verdict"]?.text() ?? "nothing")
        }
        let owner: ClassRecord? =
            if let id = json["class"]?.string { try classRecord(id) } else { nil }
        var shape = suggestion.shape
        var isCorrected = false
        if let drawn = json["shape"], !drawn.isNull, let size = state.pictures[suggestion.picture]?.size {
            shape = try Self.shape(drawn, in: size)
            isCorrected = true
        }
        return Decision(
            suggestion: suggestion, accepts: accepts, classID: owner?.id ?? suggestion.classID, shape: shape,
            isCorrected: isCorrected)
    }

    @discardableResult
    private func requireOpen(_ id: String) throws(StudioError) -> OpenSuggestion {
        guard let parsed = StudioID.Suggestion(id) else { throw .unknown("suggestion") }
        guard let suggestion = open(parsed) else { throw .changed("The suggestion") }
        return suggestion
    }

    /// - Parameter reviewed: the pictures that are reviewed by it, in the same step.
    private func save(_ decisions: [Decision], asExamples: Bool, reviewed: [Int64]) async throws -> JSON {
        var edits: [ProjectEdit] = reviewed.map { .put(ReviewRecord(picture: $0, reviewed: true)) }
        var annotations: [Int64] = []
        var classes = Set<Int64>()
        var seen = Set<String>()
        for decision in decisions where seen.insert(decision.suggestion.id).inserted {
            let suggestion = decision.suggestion
            let row = SuggestionRecord(
                id: suggestion.kept ?? project.newID(), picture: suggestion.picture,
                classID: suggestion.classID, shape: suggestion.shape, score: suggestion.score,
                state: decision.accepts && decision.classID == suggestion.classID ? .accepted : .rejected,
                task: suggestion.task, model: modelName(suggestion.task), prompt: suggestion.prompt,
                patch: suggestion.patch)
            edits.append(.put(row))
            if decision.accepts {
                let label = AnnotationRecord(
                    id: project.newID(), picture: suggestion.picture, classID: decision.classID,
                    shape: decision.shape, score: suggestion.score, provenance: .edited, suggestion: row.id)
                edits.append(.put(label))
                annotations.append(label.id)
            }
            if asExamples {
                edits.append(
                    .put(
                        PromptRecord(
                            id: project.newID(),
                            classID: decision.accepts ? decision.classID : suggestion.classID,
                            picture: suggestion.picture, shape: decision.shape, negative: !decision.accepts)))
                classes.insert(decision.accepts ? decision.classID : suggestion.classID)
            }
        }
        let accepted = annotations.count
        let label =
            seen.isEmpty
            ? "reviewed \(reviewed.count) pictures"
            : Self.label(accepted: accepted, rejected: seen.count - accepted)
        let move = try commit(label, edits)
        for classID in classes.sorted() { await refresh(classID) }
        return [
            "revision": JSON(state.revision),
            "annotations": JSON(annotations.compactMap { state.annotations[$0] }.map { json($0) }),
            "decided": JSON(seen.sorted().map { JSON($0) }),
            "pictures": JSON(move.pictures.map { summary($0) }),
        ]
    }

    private static func label(accepted: Int, rejected: Int) -> String {
        switch (accepted, rejected) {
        case (1, 0): "accepted a suggestion"
        case (0, 1): "rejected a suggestion"
        case (_, 0): "accepted \(accepted) suggestions"
        case (0, _): "rejected \(rejected) suggestions"
        default: "accepted \(accepted) and rejected \(rejected) suggestions"
        }
    }

    /// Accepts all suggestions of a picture and marks it reviewed.
    package func acceptAll(in id: String, _ body: JSON) async throws -> JSON {
        let record = try picture(id)
        var shapes: [String: StoredShape] = [:]
        if body["masks"]?.bool ?? false {
            for suggestion in open(in: record.id) where suggestion.shape.shape == nil {
                shapes[suggestion.id] = try await mask(in: suggestion.shape.box, of: record.id)
            }
        }
        var edits: [ProjectEdit] = []
        let open = open(in: record.id)
        for suggestion in open {
            let row = SuggestionRecord(
                id: suggestion.kept ?? project.newID(), picture: record.id, classID: suggestion.classID,
                shape: suggestion.shape, score: suggestion.score, state: .accepted, task: suggestion.task,
                model: modelName(suggestion.task), prompt: suggestion.prompt, patch: suggestion.patch)
            edits.append(.put(row))
            edits.append(
                .put(
                    AnnotationRecord(
                        id: project.newID(), picture: record.id, classID: suggestion.classID,
                        shape: shapes[suggestion.id] ?? suggestion.shape, score: suggestion.score,
                        provenance: .edited, suggestion: row.id)))
        }
        edits.append(.put(ReviewRecord(picture: record.id, reviewed: true)))
        try commit("accepted \(open.count) in \(record.path), reviewed", edits)
        return ["revision": JSON(state.revision), "picture": fullPicture(record.id)]
    }
}
