import GRDB
import SpanielFiles
import SpanielPlatform

/// What is costly and can be made again: thumbnails, and what ranking needs of encoded pictures. A damaged
/// file is thrown away.
package final class StudioCache: Sendable {
    private let database: DatabaseQueue

    /// - Parameter folder: made if it is not there.
    /// - Throws: `StudioError.file` when nothing can be written there.
    package init(folder: String) throws(StudioError) {
        let path = "\(folder)/pictures.sqlite"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch { throw .file(path: folder, problem: "the folder cannot be made") }
        do { database = try Self.open(path) } catch {
            for end in ["", "-wal", "-shm"] { unlink(path + end) }
            do { database = try Self.open(path) } catch { throw ProjectFile.problem(error, path) }
        }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase {
            try $0.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
        }
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.write {
            try $0.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS thumbnail (key TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
                    CREATE TABLE IF NOT EXISTS patches (
                        key TEXT NOT NULL, model TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (key, model));
                    """)
        }
        return database
    }

    /// A thumbnail's file by the picture's key.
    package func thumbnail(_ key: String) -> [UInt8]? {
        try? database.read {
            try Data.fetchOne($0, sql: "SELECT bytes FROM thumbnail WHERE key = ?", arguments: [key])
        }.map { [UInt8]($0) }
    }

    package func put(thumbnail bytes: [UInt8], _ key: String) {
        try? database.write {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO thumbnail VALUES (?, ?)", arguments: [key, Data(bytes)])
        }
    }

    /// The stored patches of a picture by a model.
    package func patches(_ key: String, model: String) -> [UInt8]? {
        try? database.read {
            try Data.fetchOne(
                $0, sql: "SELECT bytes FROM patches WHERE key = ? AND model = ?", arguments: [key, model])
        }.map { [UInt8]($0) }
    }

    package func put(patches bytes: [UInt8], _ key: String, model: String) {
        try? database.write {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO patches VALUES (?, ?, ?)",
                arguments: [key, model, Data(bytes)])
        }
    }
}
