import SpanielFiles
import SpanielPlatform

/// The lock of a blob, the same file that Python's filelock takes: `flock` on `.locks/MODEL/ETAG.lock`.
///
/// The file stays when the lock is given back: who unlinks it lets two in at once. On file systems where `flock`
/// does nothing, two may hold it; what is written stays right all the same, as each writes a file of its own.
struct CacheLock: ~Copyable {
    private let descriptor: Int32

    /// Waits for the lock, and looks for it ten times a second.
    /// - Throws: `HubError.file`, `CancellationError`.
    init(_ url: URL) throws {
        let path = url.path(percentEncoded: false)
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o664)
            guard descriptor >= 0 else { throw HubError.file(.unwritable(path: path, errno: errno)) }
            do { try Self.wait(descriptor, path) } catch {
                close(descriptor)
                throw error
            }
            // Whoever had it may have put another file in its place.
            var (held, named) = (stat(), stat())
            if fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino,
                held.st_dev == named.st_dev
            {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    private static func wait(_ descriptor: Int32, _ path: String) throws {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EWOULDBLOCK, EINTR: break
            // A file system without locks: see above.
            case ENOTSUP, ENOLCK, ENOSYS: return
            default: throw HubError.file(.unwritable(path: path, errno: errno))
            }
            try Task.checkCancellation()
            usleep(100_000)
        }
    }

    deinit { close(descriptor) }
}
