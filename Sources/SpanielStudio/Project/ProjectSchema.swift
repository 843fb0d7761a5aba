package import GRDB
import SpanielFiles
package import SpanielPlatform

/// The tables of a project file, and how an older file becomes a newer one.
package enum ProjectSchema {
    /// What makes version n + 1 of version n, the first from nothing.
    static let migrations: [@Sendable (Database) throws -> Void] = [
        { database in
            try database.execute(
                sql: """
                    PRAGMA application_id = \(ProjectFile.applicationID);
                    CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE TABLE picture (
                        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, content TEXT, width INTEGER,
                        height INTEGER, bytes INTEGER NOT NULL, modified INTEGER NOT NULL, look INTEGER,
                        problemCode TEXT, problem TEXT, missing INTEGER NOT NULL DEFAULT 0);
                    CREATE TABLE class (
                        id INTEGER PRIMARY KEY, version INTEGER NOT NULL, name TEXT NOT NULL,
                        color TEXT NOT NULL, key TEXT, place INTEGER NOT NULL, threshold REAL, learned TEXT,
                        usesLearned INTEGER NOT NULL);
                    CREATE TABLE prompt (
                        id INTEGER PRIMARY KEY, version INTEGER NOT NULL, class INTEGER NOT NULL,
                        kind TEXT NOT NULL, text TEXT, picture INTEGER, shape TEXT,
                        negative INTEGER NOT NULL, enabled INTEGER NOT NULL, choice INTEGER);
                    CREATE TABLE annotation (
                        id INTEGER PRIMARY KEY, version INTEGER NOT NULL, picture INTEGER NOT NULL,
                        class INTEGER NOT NULL, shape TEXT NOT NULL, score REAL, provenance TEXT NOT NULL,
                        suggestion INTEGER, crowd INTEGER NOT NULL);
                    CREATE TABLE suggestion (
                        id INTEGER PRIMARY KEY, version INTEGER NOT NULL, picture INTEGER NOT NULL,
                        class INTEGER NOT NULL, shape TEXT NOT NULL, score REAL NOT NULL,
                        state TEXT NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL, prompt INTEGER,
                        patch INTEGER);
                    CREATE TABLE review (
                        id INTEGER PRIMARY KEY, version INTEGER NOT NULL, reviewed INTEGER NOT NULL);
                    CREATE TABLE step (
                        id INTEGER PRIMARY KEY, label TEXT NOT NULL, at INTEGER NOT NULL,
                        undone INTEGER NOT NULL DEFAULT 0);
                    CREATE TABLE change (
                        step INTEGER NOT NULL, place INTEGER NOT NULL, "table" TEXT NOT NULL,
                        "row" INTEGER NOT NULL, before TEXT, after TEXT, PRIMARY KEY (step, place)
                    ) WITHOUT ROWID;
                    """)
        }
    ]

    /// Brings a file to this version; of an older one a copy `PATH.vN` is kept.
    ///
    /// - Throws: `StudioError.newer`, and what SQLite says of a damaged file, before anything is written.
    static func migrate(
        _ database: DatabaseQueue, path: String,
        _ migrations: [@Sendable (Database) throws -> Void] = migrations
    ) throws {
        let found = try database.read { database in
            // A damaged file is found before it is used. `quick_check` leaves out what indexes say.
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard verdict == "ok" else {
                throw StudioError.damaged(path: path, found: verdict ?? "a damaged database")
            }
            return try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        }
        guard found <= migrations.count else {
            throw StudioError.newer(path: path, found: found, known: migrations.count)
        }
        guard found < migrations.count else { return }
        if found > 0 { try keepCopy(of: database, at: "\(path).v\(found)") }
        try database.inTransaction(.immediate) { database in
            for migration in migrations[found...] { try migration(database) }
            try database.execute(sql: "PRAGMA user_version = \(migrations.count)")
            return .commit
        }
    }

    /// Brings a closed file to a version that is not known yet, for tests.
    package static func migrate(
        at url: URL, adding more: [@Sendable (Database) throws -> Void]
    ) throws {
        let path = url.path(percentEncoded: false)
        let database = try DatabaseQueue(path: path)
        try migrate(database, path: path, migrations + more)
        try database.close()
    }

    private static func keepCopy(of database: DatabaseQueue, at path: String) throws {
        guard FileKind(of: URL(filePath: path)) == .missing else { return }
        // VACUUM INTO makes a copy of one moment, with what is still in the log.
        try database.writeWithoutTransaction {
            try $0.execute(sql: "VACUUM INTO ?", arguments: [path])
        }
    }
}
