import SpanielPlatform

/// What tells the state of a file from its other states without reading it: device, number, size, and the
/// times of its last changes, one of which no program can set.
///
/// A file that changed less than two seconds ago has no stamp: file systems count time in steps, and another
/// change within the same step would leave the same times.
package struct FileStamp: Sendable, CustomStringConvertible {
    /// All of it as a text.
    package let description: String

    private static let leastAge = 2

    /// - Parameter now: in seconds since 1970.
    init?(_ status: stat, now: Int = time(nil)) {
        #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        guard changed.tv_sec <= now - Self.leastAge, modified.tv_sec <= now - Self.leastAge else {
            return nil
        }
        description = [
            Int(status.st_dev), Int(truncatingIfNeeded: status.st_ino), Int(status.st_size),
            modified.tv_sec, modified.tv_nsec, changed.tv_sec, changed.tv_nsec,
        ].map(String.init).joined(separator: " ")
    }
}
