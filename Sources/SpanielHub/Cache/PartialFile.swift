import SpanielFiles
import SpanielPlatform

/// A file on its way into the cache, `blobs/ETAG.spaniel-XXXXXXXX.incomplete`: nobody else writes it, nobody
/// takes it for the file itself, and what a process that ended left is gone on with by the next.
///
/// Its owner holds `flock` on it. Bytes are written at their places and never cut off, so that where locks do
/// nothing two writers write the same bytes to the same places.
final class PartialFile {
    private let descriptor: Int32
    private let path: String
    private(set) var count = 0
    private(set) var digest: ContentDigest
    private let fresh: ContentDigest
    /// Whether the file has got its name, or is gone.
    private var isSettled = false

    /// Begins a file, or goes on with the longest that was left behind; the digest of what is there is worked
    /// out anew.
    ///
    /// - Parameters:
    ///   - blob: where the file will lie.
    ///   - size: what it will have.
    ///   - resuming: whether what was left behind is looked for; otherwise it is removed.
    init(for blob: URL, size: Int, digest: ContentDigest, resuming: Bool = true) throws {
        let leftovers = Self.leftovers(of: blob, size: size)
        let kept = resuming ? leftovers.max { $0.count < $1.count } : nil
        for leftover in leftovers where leftover.descriptor != kept?.descriptor {
            unlink(leftover.path)
            close(leftover.descriptor)
        }
        fresh = digest
        self.digest = digest
        if let kept {
            (descriptor, path) = (kept.descriptor, kept.path)
            try hash(upTo: kept.count)
            return
        }
        let name = String(UInt32.random(in: .min ... .max), radix: 16)
        path =
            blob.path(percentEncoded: false) + ".spaniel-" + String(repeating: "0", count: 8 - name.count)
            + name + ".incomplete"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw HubError.file(.unwritable(path: path, errno: errno)) }
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
    }

    deinit {
        if !isSettled, count == 0 { unlink(path) }
        close(descriptor)
    }

    /// Files of other processes that have ended, each locked.
    private static func leftovers(of blob: URL, size: Int) -> [(path: String, descriptor: Int32, count: Int)]
    {
        let folder = blob.deletingLastPathComponent().path(percentEncoded: false)
        let start = blob.lastPathComponent + ".spaniel-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(start) && $0.hasSuffix(".incomplete") }.compactMap { name in
            let path = folder + (folder.hasSuffix("/") ? "" : "/") + name
            let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { return nil }
            var status = stat()
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
                status.st_nlink > 0, status.st_mode & S_IFMT == S_IFREG
            else {
                close(descriptor)
                return nil
            }
            if status.st_size > size {
                unlink(path)
                close(descriptor)
                return nil
            }
            return (path, descriptor, Int(status.st_size))
        }
    }

    /// Reads what is there into the digest.
    private func hash(upTo length: Int) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while count < length {
            try Task.checkCancellation()
            let wanted = min(buffer.count, length - count)
            let got = pread(descriptor, &buffer, wanted, off_t(count))
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return }  // shorter than it said: the rest is fetched
            buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
            count += got
        }
    }

    /// Writes the next bytes.
    /// - Returns: 0, or the `errno` with which the system refused.
    func append(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let written = pwrite(descriptor, base, rest.count, off_t(count))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return written < 0 ? errno : EIO }
            digest.update(UnsafeRawBufferPointer(rebasing: rest[..<written]))
            count += written
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
        return 0
    }

    /// Removes the file.
    func discard() {
        unlink(path)
        isSettled = true
    }

    /// Brings the file to the disk and gives it its name; nobody sees it before.
    func commit(as blob: URL) throws(HubError) {
        let name = blob.path(percentEncoded: false)
        guard ftruncate(descriptor, off_t(count)) == 0, fsync(descriptor) == 0, rename(path, name) == 0 else {
            throw .file(.unwritable(path: name, errno: errno))
        }
        isSettled = true
        FolderSync.sync(blob.deletingLastPathComponent())
    }
}

/// A name is on the disk once its folder is; where a folder cannot be synced, the file is right all the same.
enum FolderSync {
    static func sync(_ folder: URL) {
        let descriptor = open(folder.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
