package import SpanielPlatform

/// A folder of files that appears whole or not at all: a new folder is written beside its place and renamed.
///
/// If a folder is already there, the files wait inside it until all are written, then each takes its place;
/// other files are left alone. Nothing is written through a symbolic link in it. Without `commit` nothing is
/// left. This protects from a full disk and from a process that ends, not from a machine that stops:
/// thousands of small files are not brought to the disk one by one.
package struct AtomicFolder: ~Copyable {
    private let destination: String
    private let temporary: String
    /// Whether a folder is already there.
    private let isThere: Bool
    /// The folders inside, outer ones first; then the files and links, each name once.
    private var folders: [String] = []
    private var names: [String] = []
    private var made: Set<String> = []
    private var written: Set<String> = []
    private var links: Set<String> = []

    /// Makes a temporary folder beside or inside a place.
    /// - Throws: `FileError` if a file stands there, or if nothing can be written there.
    package init(at url: URL) throws(FileError) {
        var destination = url.path(percentEncoded: false)
        while destination.count > 1, destination.hasSuffix("/") { destination.removeLast() }
        let kind = FileKind(of: url)
        guard kind == .missing || kind == .folder else { throw .notAFolder(path: destination) }
        let isThere = kind == .folder
        let place =
            isThere
            ? destination + "/" : destination.lastIndex(of: "/").map { String(destination[...$0]) } ?? "./"
        let name = place + AtomicFile.temporaryName()
        guard mkdir(name, 0o777) == 0 else { throw .unwritable(path: destination, errno: errno) }
        AtomicFile.remember(name)
        self.destination = destination
        self.isThere = isThere
        temporary = name
    }

    deinit {
        if AtomicFile.forget(temporary) { try? FileManager.default.removeItem(atPath: temporary) }
    }

    /// Writes a file in place of what was written to that name before, and makes the folders on its way.
    ///
    /// - Precondition: `name` is relative and stays inside the folder.
    package mutating func write(_ bytes: some Collection<UInt8>, to name: String) throws(FileError) {
        try write(to: name) { file throws(FileError) in
            let array = bytes as? [UInt8] ?? Array(bytes)
            try file.append(array.span.bytes)
        }
    }

    /// Writes a file piece by piece, as the other `write` does.
    ///
    /// - Precondition: `name` is relative and stays inside the folder.
    package mutating func write(
        to name: String, _ body: (borrowing AtomicFile) throws(FileError) -> Void
    ) throws(FileError) {
        try makeFolders(for: name)
        guard !made.contains(name) else {
            throw .notAFile(path: "\(destination)/\(name)", found: "a folder")
        }
        unlink("\(temporary)/\(name)")  // nothing is written through a link
        do {
            let file = try AtomicFile(replacing: URL(filePath: "\(temporary)/\(name)"))
            try body(file)
            try file.commit(durable: false)
        } catch {
            guard case .unwritable(_, let errno) = error else { throw error }
            throw .unwritable(path: "\(destination)/\(name)", errno: errno)
        }
        if written.insert(name).inserted { names.append(name) }
        links.remove(name)
    }

    /// Makes a symbolic link to a file elsewhere. A file that has that name already stays; a link is replaced.
    package mutating func link(_ name: String, to target: String) throws(FileError) {
        try makeFolders(for: name)
        guard symlink(target, "\(temporary)/\(name)") == 0 else {
            if errno == EEXIST { return }
            throw .unwritable(path: "\(destination)/\(name)", errno: errno)
        }
        if written.insert(name).inserted { names.append(name) }
        links.insert(name)
    }

    private mutating func makeFolders(for name: String) throws(FileError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        precondition(
            parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." },
            "AtomicFolder: \(name) is no name inside a folder")
        var folder = ""
        for part in parts.dropLast() {
            folder += (folder.isEmpty ? "" : "/") + part
            guard !written.contains(folder) else { throw .notAFolder(path: "\(destination)/\(folder)") }
            guard made.insert(folder).inserted else { continue }
            if mkdir("\(temporary)/\(folder)", 0o777) != 0, errno != EEXIST {
                throw .unwritable(path: "\(destination)/\(folder)", errno: errno)
            }
            folders.append(folder)
        }
    }

    /// Puts everything in its place.
    package consuming func commit() throws(FileError) {
        if isThere {
            try moveInside()
            try? FileManager.default.removeItem(atPath: temporary)
        } else if rename(temporary, destination) != 0 {
            throw .unwritable(path: destination, errno: errno)
        }
        _ = AtomicFile.forget(temporary)
    }

    /// Moves the files into the folder that is there; it first checks what can be known to fail.
    private func moveInside() throws(FileError) {
        for folder in folders { try check("\(destination)/\(folder)", mayBeFolder: true) }
        for name in names { try check("\(destination)/\(name)", mayBeFolder: false) }
        for folder in folders where mkdir("\(destination)/\(folder)", 0o777) != 0 && errno != EEXIST {
            throw .unwritable(path: "\(destination)/\(folder)", errno: errno)
        }
        for name in names {
            let place = "\(destination)/\(name)"
            var status = stat()
            if links.contains(name), lstat(place, &status) == 0, status.st_mode & S_IFMT != S_IFLNK {
                continue
            }
            guard rename("\(temporary)/\(name)", place) == 0 else {
                throw .unwritable(path: place, errno: errno)
            }
        }
    }

    /// - Parameter mayBeFolder: whether a folder is expected there; otherwise a file is.
    private func check(_ place: String, mayBeFolder: Bool) throws(FileError) {
        var status = stat()
        guard lstat(place, &status) == 0 else { return }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if mayBeFolder, !isFolder {
            throw status.st_mode & S_IFMT == S_IFLNK ? .leadsElsewhere(path: place) : .notAFolder(path: place)
        }
        if !mayBeFolder, isFolder { throw .notAFile(path: place, found: "a folder") }
    }
}
