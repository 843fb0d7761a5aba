import Synchronization
package import SpanielPlatform

/// A file that appears whole or not at all: it is written beside its place, brought to the disk, then
/// renamed.
///
/// Without `commit` nothing is left. A device or a pipe at that place (`/dev/stdout`) is written to directly,
/// and a symbolic link is followed.
///
/// It is our own because `Data.write(options: .atomic)` needs all bytes at once and leaves its temporary file
/// when the process is interrupted, and swift-system would bring 53 files to every consumer for the few calls
/// used here.
package struct AtomicFile: ~Copyable {
    private let descriptor: Int32
    private let destination: String
    private let temporary: String?

    /// The paths of temporary files and folders that are being written by this process.
    private static let unfinished = Mutex<Set<String>>([])

    /// What the names of this process's temporary files begin with, so that a later process can tell them.
    private static let mark = Mutex("")

    /// Gives the temporary files and folders of this process a mark.
    ///
    /// - Parameter mark: letters and digits that no other process has.
    package static func mark(with mark: String) { self.mark.withLock { $0 = mark } }

    /// Removes the temporary files and folders that a process with this mark left in a folder when it was
    /// killed.
    ///
    /// - Parameter folder: empty for the current one.
    package static func removeLeft(by mark: String, in folder: String) {
        let folder = folder.isEmpty ? "." : folder
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix(".spaniel-\(mark)-") && name.hasSuffix(".tmp") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    /// A name nobody else uses.
    static func temporaryName() -> String {
        let mark = mark.withLock { $0.isEmpty ? "" : $0 + "-" }
        return ".spaniel-\(mark)\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
    }

    /// Opens a temporary file beside a place.
    /// - Throws: `FileError` if a folder stands there, or if nothing can be written there.
    package init(replacing url: URL) throws(FileError) {
        let destination = try Self.resolved(url.path(percentEncoded: false))
        var status = stat()
        let exists = stat(destination, &status) == 0
        if exists && status.st_mode & S_IFMT == S_IFDIR {
            throw .notAFile(path: destination, found: "a folder")
        }
        var temporary: String?
        let descriptor: Int32
        if exists && status.st_mode & S_IFMT != S_IFREG {
            descriptor = open(destination, O_WRONLY | O_CLOEXEC)
        } else {
            let name = Self.folder(of: destination) + Self.temporaryName()
            descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            temporary = name
        }
        guard descriptor >= 0 else { throw .unwritable(path: destination, errno: errno) }
        if let temporary {
            Self.unfinished.withLock { _ = $0.insert(temporary) }
            if exists { fchmod(descriptor, status.st_mode & 0o7777) }
        }
        self.descriptor = descriptor
        self.destination = destination
        self.temporary = temporary
    }

    deinit {
        close(descriptor)
        discard()
    }

    /// Writes bytes at the end.
    package func append(_ bytes: RawSpan) throws(FileError) {
        let failure = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        if failure != 0 { throw .unwritable(path: destination, errno: failure) }
    }

    /// Puts the file in its place.
    ///
    /// - Parameter durable: whether the file is brought to the disk first, so that no crash leaves it empty;
    ///   this is not needed inside a folder that is itself renamed later.
    package consuming func commit(durable: Bool = true) throws(FileError) {
        guard let temporary else { return }
        guard !durable || fsync(descriptor) == 0, rename(temporary, destination) == 0 else {
            throw .unwritable(path: destination, errno: errno)
        }
        Self.unfinished.withLock { _ = $0.remove(temporary) }
        guard durable else { return }
        // The name is on the disk once its folder is; if the folder cannot be synced, the file is right all
        // the same.
        let folder = open(Self.folder(of: destination), O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private func discard() {
        guard let temporary, Self.unfinished.withLock({ $0.remove(temporary) }) != nil else { return }
        unlink(temporary)
    }

    /// The path with its symbolic links followed, also those that lead to where nothing is yet.
    private static func resolved(_ path: String) throws(FileError) -> String {
        var place = path
        while true {
            if let resolved = realpath(place, nil) {
                defer { free(resolved) }
                return String(cString: resolved)
            }
            if errno == ELOOP { throw .unwritable(path: path, errno: ELOOP) }
            guard errno == ENOENT,
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place)
            else { return place }
            place = target.hasPrefix("/") ? target : folder(of: place) + target
        }
    }

    /// The folder of a path, with its slash; "./" for a bare name.
    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    }

    /// Removes what is being written, for a process that is about to end (an interrupt).
    package static func discardUnfinished() {
        unfinished.withLock { paths in
            for path in paths where unlink(path) != 0 { try? FileManager.default.removeItem(atPath: path) }
            paths = []
        }
    }

    /// Adds a file or folder to those that are being written.
    static func remember(_ path: String) { unfinished.withLock { _ = $0.insert(path) } }

    /// Takes a file or folder from those that are being written.
    /// - Returns: whether it was one of them.
    static func forget(_ path: String) -> Bool { unfinished.withLock { $0.remove(path) != nil } }
}

extension AtomicFile {
    /// Writes a whole file at once.
    package static func write(_ bytes: some Collection<UInt8>, to url: URL, durable: Bool = true)
        throws(FileError)
    {
        let file = try AtomicFile(replacing: url)
        let array = bytes as? [UInt8] ?? Array(bytes)
        try file.append(array.span.bytes)
        try file.commit(durable: durable)
    }
}

/// - Returns: 0, or the `errno` with which the system refused.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return count < 0 ? errno : EIO }
        done += count
    }
    return 0
}
