import GRDB
import SpanielFiles
import SpanielImaging
import SpanielJSON
package import SpanielPlatform

/// The project on the disk: an SQLite file, one writer. What a call of `commit` returned is on the disk.
///
/// Rows of the tables that the history covers change only together with a step of it, so that undo and redo
/// are the same walk in both directions and survive a restart.
package final class ProjectFile {
    package let path: String
    let database: DatabaseQueue
    /// All rows in memory.
    package internal(set) var state = ProjectState()
    /// The next id that no row ever had.
    var nextID: Int64 = 1
    /// Keeps others from opening the project.
    private var lock: Int32

    /// "SpaL".
    static let applicationID = 0x5370_614C
    package static let version = ProjectSchema.migrations.count

    /// Opens a project, or makes one where there is no file.
    ///
    /// - Throws: `StudioError`; the file is then as it was.
    package init(at url: URL) throws(StudioError) {
        path = url.path(percentEncoded: false)
        lock = try Self.lock(path)
        do throws(StudioError) {
            try Self.examine(path)
            do {
                try Self.createIfAbsent(path)
                database = try DatabaseQueue(path: path, configuration: Self.configuration)
                try ProjectSchema.migrate(database, path: path)
                try database.read { try load($0) }
            } catch let error as StudioError { throw error } catch { throw Self.problem(error, path) }
        } catch {
            Self.release(lock)
            throw error
        }
    }

    deinit { try? close() }

    /// Closes the file; nothing else may be done with it.
    package func close() throws {
        guard lock >= 0 else { return }
        Self.release(lock)
        lock = -1
        try database.close()
    }

    private static func release(_ lock: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(lock)
        #elseif canImport(Musl)
            _ = Musl.close(lock)
        #else
            _ = Darwin.close(lock)
        #endif
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            try database.execute(
                sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF")
        }
        return configuration
    }

    /// Makes a new project beside its place and then puts it there, so that whatever happens the file, if it is
    /// there, says in its first bytes what it is: with a write-ahead log they would come last.
    private static func createIfAbsent(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) != 0 || status.st_size == 0 else { return }
        let new = path + ".new"
        for end in ["", "-journal"] { unlink(new + end) }
        // The log of a file that was thrown away would be taken for the new one's.
        rename(path + "-wal", path + "-wal.orphaned")
        unlink(path + "-shm")
        let database = try DatabaseQueue(path: new)
        try ProjectSchema.migrate(database, path: new)
        try database.close()
        guard rename(new, path) == 0 else {
            throw StudioError.file(path: path, problem: String(cString: strerror(errno)))
        }
        let slash = path.lastIndex(of: "/")
        let folder = open(slash.map { String(path[...$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        release(folder)
    }

    /// A lock beside the file, which goes with the process whatever ends it.
    private static func lock(_ path: String) throws(StudioError) -> Int32 {
        let name = path + ".lock"
        let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else {
            throw .file(path: path, problem: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            release(descriptor)
            throw .inUse(path: path)
        }
        return descriptor
    }

    /// Looks at the first bytes before SQLite may write any: a file that is none of ours stays as it is.
    private static func examine(_ path: String) throws(StudioError) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .damaged(path: path, found: "no regular file")
        }
        guard status.st_size > 0 else { return }
        let bytes: [UInt8]
        do { bytes = try ReadableFile(URL(filePath: path)).read(at: 0, length: 100) } catch {
            throw .file(path: path, problem: error.description)
        }
        guard bytes.count == 100, bytes.starts(with: Array("SQLite format 3".utf8)) else {
            throw .damaged(path: path, found: "another kind of file")
        }
        func number(_ offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard number(68) == applicationID else {
            throw .damaged(path: path, found: "a database of another program")
        }
    }

    static func problem(_ error: any Error, _ path: String) -> StudioError {
        switch error {
        case let error as StudioError: error
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY:
                .notSaved(problem: error.message ?? "the disk is full")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                .damaged(path: path, found: error.message ?? "a damaged database")
            case .SQLITE_CANTOPEN: .file(path: path, problem: "no permission, or its folder does not exist")
            default: .damaged(path: path, found: error.message ?? "\(error.resultCode)")
            }
        case let error as RecordProblem: .damaged(path: path, found: error.description)
        default: .file(path: path, problem: "\(error)")
        }
    }

    private func load(_ database: Database) throws {
        state = ProjectState()
        state.revision = try Self.number("revision", database)
        nextID = try max(1, Self.number("nextID", database))
        for table in ProjectTable.allCases { try load(table, database) }
        for row in try Row.fetchAll(database, sql: "SELECT * FROM picture") {
            let picture = try PictureRecord(row)
            state.pictures[picture.id] = picture
        }
    }

    private func load(_ table: ProjectTable, _ database: Database) throws {
        let columns = table.type.columns
        let list = (["id", "version"] + columns).map { "\"\($0)\"" }.joined(separator: ", ")
        for row in try Row.fetchAll(database, sql: "SELECT \(list) FROM \"\(table.rawValue)\"") {
            let values = Array(row.databaseValues)
            guard case .int64(let id) = values[0].storage, case .int64(let version) = values[1].storage else {
                throw RecordProblem(description: "another kind of id in \(table.rawValue)")
            }
            let row = try table.type.init(
                id: id, version: version,
                RowValues(table: table, columns: columns, values: Array(values.dropFirst(2))))
            state.apply(table, id: id, row)
        }
    }

    static func number(_ name: String, _ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name]) ?? 0
    }

    /// A text of 128 random bits that belongs to the project, made when it is first asked for: what other tools keep
    /// of this one's address.
    package func key() throws(StudioError) -> String {
        do {
            let numbers = try database.write { database in
                try ["key.1", "key.2"].map { name in
                    let known = try Self.number(name, database)
                    if known != 0 { return known }
                    let new = Int64.random(in: 1...Int64.max)
                    try Self.set(name, new, database)
                    return new
                }
            }
            return numbers.map { String($0, radix: 36) }.joined(separator: "-")
        } catch { throw Self.problem(error, path) }
    }

    static func set(_ name: String, _ value: Int64, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            arguments: [name, value])
    }
}

extension PictureRecord {
    fileprivate init(_ row: Row) throws {
        guard let id = row["id"] as Int64?, let path = row["path"] as String? else {
            throw RecordProblem(description: "a picture without a path")
        }
        self.init(id: id, path: path, bytes: row["bytes"] ?? 0, modified: row["modified"] ?? 0)
        content = row["content"]
        if let width = row["width"] as Int?, let height = row["height"] as Int? {
            size = Size(width: width, height: height)
        }
        look = (row["look"] as Int64?).map { UInt64(bitPattern: $0) }
        if let code = row["problemCode"] as String?, let message = row["problem"] as String? {
            problem = Problem(code: code, message: message)
        }
        isMissing = (row["missing"] as Int64?) == 1
    }
}
