import SpanielPlatform

/// Keeps other processes from doing the same work for a folder at the same time, as long as this value lives
/// (`flock` on the folder itself, which leaves no file).
///
/// It saves work and decides nothing: after a minute, or where there are no locks, the work is done without it.
package struct FolderLock: ~Copyable {
    private let descriptor: Int32

    private static let attempts = 1200
    private static let pause: UInt32 = 50_000  // microseconds

    /// Waits for the lock.
    package init(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        for _ in 0..<Self.attempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK || errno == EINTR else { return }
            usleep(Self.pause)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
