import Foundation
import GRDB
import SpanielAnnotations
import SpanielImaging
import SpanielStudio
import SpanielTestSupport
import Testing

/// The project file: what was acknowledged is there, whatever comes after.
struct ProjectFileTests {
    let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private var url: URL { scratch["labels.spaniel"] }

    private static func classRecord(_ id: Int64, _ name: String) -> ClassRecord {
        ClassRecord(id: id, name: name, color: "#000000", key: nil, place: id)
    }

    /// A random edit of a project that holds some rows.
    private static func edits(_ file: ProjectFile, _ random: inout Generator) -> [ProjectEdit] {
        let classes = file.state.classes.keys.sorted()
        let labels = file.state.annotations.keys.sorted()
        func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
        switch number(0..<7) {
        case 0: return [.put(classRecord(file.newID(), "class \(number(0..<1000))"))]
        case 1 where !labels.isEmpty: return [.delete(.annotations, labels[number(0..<labels.count)])]
        case 2 where !labels.isEmpty:
            var row = file.state.annotations[labels[number(0..<labels.count)]]!
            row.score = Double(number(0..<100)) / 7
            row.shape.box.x1 = Double(number(0..<10)) / 3
            return [.put(row)]
        case 3 where !classes.isEmpty:
            var row = file.state.classes[classes[number(0..<classes.count)]]!
            row.threshold = number(0..<3) == 0 ? nil : Double(number(0..<100)) / 100
            return [.put(row)]
        case 4: return [.put(ReviewRecord(picture: Int64(number(1..<5)), reviewed: number(0..<2) == 0))]
        case 5 where !classes.isEmpty:
            return [
                .put(PromptRecord(id: file.newID(), classID: classes[0], words: "a \(number(0..<99))")),
                .put(
                    SuggestionRecord(
                        id: file.newID(), picture: Int64(number(1..<5)), classID: classes[0],
                        shape: StoredShape(box: Box(x1: 1, y1: 2, x2: 3, y2: 4.5)), score: 0.25,
                        state: .rejected, task: "detect", model: "m", patch: 7)),
            ]
        default:
            let polygon = Polygon(outer: [Point(x: 0, y: 0), Point(x: 9.5, y: 0), Point(x: 3, y: 7)])
            let rows = (0..<number(1..<4)).map { _ in
                AnnotationRecord(
                    id: file.newID(), picture: Int64(number(1..<5)), classID: classes.first ?? 1,
                    shape: StoredShape(.polygons([polygon]))!, provenance: .model(name: "owl"))
            }
            return rows.map { .put($0) }
        }
    }

    /// Rows without their versions, which undo does not take back.
    private static func plain(_ state: ProjectState) -> [String] {
        ProjectTable.allCases.flatMap { table -> [String] in
            let ids: [Int64] =
                switch table {
                case .classes: state.classes.keys.sorted()
                case .prompts: state.prompts.keys.sorted()
                case .annotations: state.annotations.keys.sorted()
                case .suggestions: state.suggestions.keys.sorted()
                case .reviews: state.reviews.keys.sorted()
                }
            return ids.map { "\(table) \($0) \(state.row(table, $0)!.values)" }
        }
    }

    @Test(arguments: 1...8) func `Undo and redo walk as a list of whole states does, also over restarts`(
        seed: Int
    )
        throws
    {
        var random = Generator(seed: UInt64(seed))
        var file = try ProjectFile(at: url)
        var twin = [Self.plain(file.state)]
        var place = 0
        var revision = file.state.revision
        for step in 0..<150 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2 where place > 0:
                _ = try file.undo()
                place -= 1
            case 3...4 where place < twin.count - 1:
                _ = try file.redo()
                place += 1
            case 5 where step % 3 == 0:
                let before = file.state
                file = try reopened(file)
                #expect(file.state == before)
                continue
            default:
                let edits = Self.edits(file, &random)
                try file.commit("step \(step)", edits)
                twin.removeSubrange((place + 1)...)
                twin.append(Self.plain(file.state))
                place += 1
            }
            #expect(Self.plain(file.state) == twin[place])
            #expect(file.state.revision > revision, "a revision never comes again")
            revision = file.state.revision
            let labels = try file.labels()
            #expect((labels.undo != nil) == (place > 0) && (labels.redo != nil) == (place < twin.count - 1))
        }
        while place > 0 {
            _ = try file.undo()
            place -= 1
        }
        #expect(Self.plain(file.state) == twin[0])
        #expect(throws: StudioError.self) { try file.undo() }
    }

    /// The file closed and opened again.
    private func reopened(_ file: consuming ProjectFile) throws -> ProjectFile {
        try close(file)
        return try ProjectFile(at: url)
    }

    private func close(_ file: consuming ProjectFile) throws { try file.close() }

    @Test func `A number of a row comes back with every bit, and an id is never given twice`() throws {
        var file = try ProjectFile(at: url)
        var row = Self.classRecord(file.newID(), "näme \u{1F415}\n\"quoted\"")
        row.threshold = 0.1 + 0.2
        try file.commit("one", [.put(row)])
        let id = row.id
        _ = try file.undo()
        file = try reopened(file)
        #expect(file.newID() > id)
        _ = try file.redo()
        file = try reopened(file)
        #expect(file.state.classes[id]?.threshold == 0.1 + 0.2)
        #expect(file.state.classes[id]?.name == row.name)
    }

    @Test func `A project is opened once at a time`() throws {
        let file = try ProjectFile(at: url)
        #expect(throws: StudioError.inUse(path: url.path)) { try ProjectFile(at: url) }
        withExtendedLifetime(file) {}
    }

    @Test func `A file that is no project is refused and stays as it is`() throws {
        for content in ["", "hello", String(repeating: "x", count: 5000)].dropFirst() {
            try Data(content.utf8).write(to: url)
            #expect(throws: StudioError.self) { try ProjectFile(at: url) }
            #expect(try Data(contentsOf: url) == Data(content.utf8))
        }
        // A database of another program.
        try FileManager.default.removeItem(at: url)
        let other = try DatabaseQueue(path: url.path)
        try other.write { try $0.execute(sql: "CREATE TABLE t (a)") }
        try other.close()
        let before = try Data(contentsOf: url)
        #expect(throws: StudioError.damaged(path: url.path, found: "a database of another program")) {
            try ProjectFile(at: url)
        }
        #expect(try Data(contentsOf: url) == before)
    }

    @Test func `A project says what it is from its first byte on, though nothing was copied from its log`()
        throws
    {
        let file = try ProjectFile(at: url)
        try file.commit("one", [.put(Self.classRecord(file.newID(), "dog"))])
        // As a killed process leaves it: without closing.
        let copy = scratch["copy.spaniel"]
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: url.path + end, toPath: copy.path + end)
        }
        #expect(try ProjectFile(at: copy).state.classes.values.map(\.name) == ["dog"])
        // The log of a file that is gone belongs to no other.
        try FileManager.default.removeItem(at: url)
        try file.close()
        try? Data(contentsOf: copy).write(to: scratch["other.spaniel-wal"])
        #expect(try ProjectFile(at: scratch["other.spaniel"]).state.classes.isEmpty)
    }

    @Test func `A newer version is refused and stays as it is`() throws {
        try ProjectFile(at: url).close()
        let database = try DatabaseQueue(path: url.path)
        try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
        try database.close()
        let before = try Data(contentsOf: url)
        #expect(
            throws: StudioError.newer(path: url.path, found: 99, known: ProjectFile.version)
        ) { try ProjectFile(at: url) }
        #expect(try Data(contentsOf: url) == before)
    }

    @Test func `An older version is migrated, and a copy of it is kept`() throws {
        var file = try ProjectFile(at: url)
        try file.commit("one", [.put(Self.classRecord(file.newID(), "dog"))])
        try file.close()
        let migration: @Sendable (Database) throws -> Void = {
            try $0.execute(sql: "ALTER TABLE class ADD COLUMN note TEXT")
        }
        try ProjectSchema.migrate(at: url, adding: [migration])
        let copy = scratch["labels.spaniel.v\(ProjectFile.version)"]
        file = try ProjectFile(at: copy)
        #expect(file.state.classes.values.map(\.name) == ["dog"])
        // What this version knows is older now than the file.
        #expect(throws: StudioError.newer(path: url.path, found: 2, known: 1)) { try ProjectFile(at: url) }
    }

    @Test func `A migration that fails leaves the file as it was`() throws {
        try ProjectFile(at: url).close()
        struct Broken: Error {}
        #expect(throws: (any Error).self) {
            try ProjectSchema.migrate(
                at: url,
                adding: [
                    { database in
                        try database.execute(sql: "CREATE TABLE half (a)")
                        throw Broken()
                    }
                ])
        }
        let file = try ProjectFile(at: url)
        #expect(file.state.revision == 0)
    }

    @Test(arguments: 1...40) func `A file damaged anywhere is refused or read whole, and never written`(
        seed: Int
    )
        throws
    {
        var file = try ProjectFile(at: url)
        var random = Generator(seed: UInt64(seed))
        for step in 0..<40 { try file.commit("\(step)", Self.edits(file, &random)) }
        let state = file.state
        try file.close()
        var bytes = try [UInt8](Data(contentsOf: url))
        if seed % 4 == 0 {
            bytes.removeLast(Int.random(in: 1..<bytes.count - 100, using: &random))
        } else {
            for _ in 0..<(1 << (seed % 8)) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
        }
        try Data(bytes).write(to: url)
        do throws(StudioError) {
            file = try ProjectFile(at: url)
            // What was hit lay in no row.
            if file.state != state { #expect(file.state.annotations.count <= state.annotations.count + 1) }
        } catch {
            #expect(error.description.contains(url.path))
            #expect(try [UInt8](Data(contentsOf: url)) == bytes)
        }
    }
}
