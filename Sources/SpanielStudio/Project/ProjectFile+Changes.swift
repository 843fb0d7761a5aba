import SpanielImaging
import GRDB
import SpanielJSON
import SpanielPlatform

/// One row to be put in place or taken away.
package enum ProjectEdit: Sendable {
    case put(any ProjectRecord)
    case delete(ProjectTable, Int64)
}

/// A step of the history that was made, taken back or done again.
package struct ProjectMove: Sendable {
    package let label: String
    /// The rows that changed.
    package let rows: [(table: ProjectTable, id: Int64)]
    /// The pictures whose annotations, suggestions or review changed.
    package let pictures: [Int64]

    /// Whether classes or prompts changed.
    package var touchesClasses: Bool { rows.contains { $0.table == .classes || $0.table == .prompts } }
}

extension ProjectFile {
    /// A new id, which no row ever had.
    package func newID() -> Int64 {
        defer { nextID += 1 }
        return nextID
    }

    /// Makes one step of the history of some edits: on the disk when it returns, or not at all.
    ///
    /// Steps that were taken back before can no longer be done again.
    ///
    /// - Parameter joinsLast: whether the edits become a part of the last step, and go with it when it is taken
    ///   back; where there is none they are a step of their own.
    /// - Throws: `StudioError.notSaved` where the disk is full; nothing has changed then.
    @discardableResult
    package func commit(
        _ label: String, _ edits: [ProjectEdit], joinsLast: Bool = false
    ) throws(StudioError) -> ProjectMove {
        let revision = state.revision + 1
        var changes: [Change] = []
        for edit in edits {
            switch edit {
            case .put(let row):
                let before =
                    changes.last { $0.table == type(of: row).table && $0.id == row.id }?.after
                    ?? state.row(type(of: row).table, row.id)
                changes.append(Change(table: type(of: row).table, id: row.id, before: before, after: row))
            case .delete(let table, let id):
                let before = changes.last { $0.table == table && $0.id == id }?.after ?? state.row(table, id)
                guard let before else { continue }
                changes.append(Change(table: table, id: id, before: before, after: nil))
            }
        }
        return try write(label, changes, revision) { database in
            try database.execute(
                sql: "DELETE FROM change WHERE step IN (SELECT id FROM step WHERE undone = 1)")
            try database.execute(sql: "DELETE FROM step WHERE undone = 1")
            let last = joinsLast ? try Int64.fetchOne(database, sql: "SELECT MAX(id) FROM step") : nil
            if last == nil {
                let time = Int64(Date().timeIntervalSince1970)
                try database.execute(
                    sql: "INSERT INTO step (label, at) VALUES (?, ?)", arguments: [label, time])
            }
            let step = last ?? database.lastInsertedRowID
            let first =
                try Int.fetchOne(
                    database, sql: "SELECT MAX(place) + 1 FROM change WHERE step = ?", arguments: [step]) ?? 0
            for (place, change) in zip(first..., changes) {
                try database.execute(
                    sql: "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        step, place, change.table.rawValue, change.id, change.before.map(Self.text),
                        change.after.map(Self.text),
                    ])
            }
        }
    }

    /// Takes the last step back.
    /// - Throws: `StudioError.nothing` if there is none.
    package func undo() throws(StudioError) -> ProjectMove {
        guard let (step, label) = try step(undone: false) else {
            throw .nothing("There is nothing to take back")
        }
        let changes = try changes(of: step).reversed().map {
            Change(table: $0.table, id: $0.id, before: $0.after, after: $0.before)
        }
        return try write(label, changes, state.revision + 1) {
            try $0.execute(sql: "UPDATE step SET undone = 1 WHERE id = ?", arguments: [step])
        }
    }

    /// Does the step that was taken back last again.
    /// - Throws: `StudioError.nothing` if there is none.
    package func redo() throws(StudioError) -> ProjectMove {
        guard let (step, label) = try step(undone: true) else {
            throw .nothing("There is nothing to do again")
        }
        return try write(label, try changes(of: step), state.revision + 1) {
            try $0.execute(sql: "UPDATE step SET undone = 0 WHERE id = ?", arguments: [step])
        }
    }

    package struct HistoryStep: Sendable {
        package let id: Int64
        package let label: String
        package let time: Int64
        package let isUndone: Bool
    }

    /// The last steps, the newest first.
    package func history(limit: Int) throws(StudioError) -> [HistoryStep] {
        try reading { database in
            try Row.fetchAll(
                database, sql: "SELECT id, label, at, undone FROM step ORDER BY id DESC LIMIT ?",
                arguments: [limit]
            ).map {
                HistoryStep(
                    id: $0["id"] ?? 0, label: $0["label"] ?? "", time: $0["at"] ?? 0,
                    isUndone: ($0["undone"] as Int64?) == 1)
            }
        }
    }

    /// What undo and redo would do; nil if there is nothing.
    package func labels() throws(StudioError) -> (undo: String?, redo: String?) {
        (try step(undone: false)?.label, try step(undone: true)?.label)
    }

    /// One row before and after a change.
    struct Change {
        let table: ProjectTable
        let id: Int64
        let before: (any ProjectRecord)?
        let after: (any ProjectRecord)?
    }

    /// The last step that is not undone, or the first that is.
    private func step(undone: Bool) throws(StudioError) -> (id: Int64, label: String)? {
        try reading { database in
            try Row.fetchOne(
                database,
                sql:
                    "SELECT id, label FROM step WHERE undone = ? ORDER BY id \(undone ? "ASC" : "DESC") LIMIT 1",
                arguments: [undone]
            ).map { ($0["id"] ?? 0, $0["label"] ?? "") }
        }
    }

    private func changes(of step: Int64) throws(StudioError) -> [Change] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql:
                    "SELECT \"table\" AS t, \"row\" AS r, before, after FROM change WHERE step = ? ORDER BY place",
                arguments: [step]
            ).map { row in
                guard let name = row["t"] as String?, let table = ProjectTable(rawValue: name),
                    let id = row["r"] as Int64?
                else { throw RecordProblem(description: "a change of another table") }
                return Change(
                    table: table, id: id,
                    before: try (row["before"] as String?).map { try Self.row(table, id, $0) },
                    after: try (row["after"] as String?).map { try Self.row(table, id, $0) })
            }
        }
    }

    private func reading<Value>(_ body: (Database) throws -> Value) throws(StudioError) -> Value {
        do { return try database.read(body) } catch { throw Self.problem(error, path) }
    }

    /// Writes rows and the history in one transaction, then changes the memory alike.
    private func write(
        _ label: String, _ changes: [Change], _ revision: Int64, _ history: (Database) throws -> Void
    ) throws(StudioError) -> ProjectMove {
        let rows = changes.map { change -> Change in
            guard var after = change.after else { return change }
            after.version = revision
            return Change(table: change.table, id: change.id, before: change.before, after: after)
        }
        do {
            try database.write { database in
                for change in rows { try Self.write(change, database) }
                try history(database)
                try Self.set("revision", revision, database)
                try Self.set("nextID", nextID, database)
            }
        } catch { throw Self.problem(error, path) }
        for change in rows { state.apply(change.table, id: change.id, change.after) }
        state.revision = revision
        return ProjectMove(
            label: label, rows: rows.map { ($0.table, $0.id) }, pictures: Self.pictures(of: rows))
    }

    private static func write(_ change: Change, _ database: Database) throws {
        let table = change.table.rawValue
        guard let row = change.after else {
            return try database.execute(sql: "DELETE FROM \"\(table)\" WHERE id = ?", arguments: [change.id])
        }
        let columns = ["id", "version"] + change.table.type.columns
        let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        try database.execute(
            sql: "INSERT OR REPLACE INTO \"\(table)\" (\(names)) VALUES (\(marks))",
            arguments: StatementArguments([change.id.databaseValue, row.version.databaseValue] + row.values))
    }

    private static func pictures(of changes: [Change]) -> [Int64] {
        var seen = Set<Int64>()
        return changes.flatMap { change -> [Int64] in
            [change.before, change.after].compactMap { row in
                switch row {
                case let row as AnnotationRecord: row.picture
                case let row as SuggestionRecord: row.picture
                case let row as ReviewRecord: row.id
                default: nil
                }
            }
        }.filter { seen.insert($0).inserted }
    }

    private static func text(_ row: any ProjectRecord) -> String { JSON(row.values.map(\.json)).text() }

    private static func row(_ table: ProjectTable, _ id: Int64, _ text: String) throws -> any ProjectRecord {
        guard let values = try JSON(parsing: text).array else {
            throw RecordProblem(description: "a row of the history")
        }
        return try table.type.init(
            id: id, version: 0,
            RowValues(
                table: table, columns: table.type.columns,
                values: try values.map { try DatabaseValue(json: $0) }))
    }
}

extension ProjectFile {
    /// Adds what a search proposes. It is no step of the history, which takes back what people do.
    package func add(_ suggestions: [SuggestionRecord]) throws(StudioError) {
        let rows = suggestions.map { row in
            var row = row
            row.version = state.revision
            return row
        }
        do {
            try database.write { database in
                for row in rows {
                    try Self.write(
                        Change(table: .suggestions, id: row.id, before: nil, after: row), database)
                }
                try Self.set("nextID", nextID, database)
            }
        } catch { throw Self.problem(error, path) }
        for row in rows { state.apply(.suggestions, id: row.id, row) }
    }

    /// Saves what is known of pictures; the history does not cover it.
    package func save(_ pictures: [PictureRecord]) throws(StudioError) {
        do {
            try database.write { database in
                // Names may have been exchanged: all go before the first comes.
                for picture in pictures {
                    try database.execute(sql: "DELETE FROM picture WHERE id = ?", arguments: [picture.id])
                }
                for picture in pictures {
                    try database.execute(
                        sql: "INSERT INTO picture VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        arguments: [
                            picture.id, picture.path, picture.content, picture.size?.width,
                            picture.size?.height, picture.bytes, picture.modified,
                            picture.look.map { Int64(bitPattern: $0) }, picture.problem?.code,
                            picture.problem?.message, picture.isMissing,
                        ])
                }
                try Self.set("nextID", nextID, database)
            }
        } catch { throw Self.problem(error, path) }
        for picture in pictures { state.pictures[picture.id] = picture }
    }
}
