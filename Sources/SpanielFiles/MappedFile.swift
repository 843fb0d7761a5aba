import Dispatch
package import SpanielPlatform

/// A file's bytes as memory, read by the system when they are touched; nothing is aligned beyond the file's
/// first byte.
///
/// The mapping stays valid when the file is renamed or removed. A file that is cut short by another process
/// while it is mapped ends this one, as with any mapped file: that is why everything here is written beside
/// its place and renamed into it.
package final class MappedFile: @unchecked Sendable {  // never written after init
    package let path: String
    package let count: Int
    private let base: UnsafeMutableRawPointer?

    package convenience init(_ url: URL) throws(FileError) {
        try self.init(ReadableFile(url))
    }

    package init(_ file: borrowing ReadableFile) throws(FileError) {
        path = file.path
        count = file.count
        guard count > 0 else {
            base = nil
            return
        }
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0), base != MAP_FAILED
        else {
            throw .unreadable(path: file.path, errno: errno)
        }
        self.base = base
    }

    deinit {
        if let base { munmap(base, count) }
    }

    /// Some of the file's bytes, for the time of `body`.
    ///
    /// - Precondition: `range` lies inside the file.
    package func withBytes<R, E: Error>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(E) -> R)
        throws(E) -> R
    {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes \(range) of \(count)")
        return try body(UnsafeRawBufferPointer(start: base.map { $0 + range.lowerBound }, count: range.count))
    }

    /// Tells the system that all of the file will be read soon, front to back. It looks through its cache for
    /// every page first, and waits where the disk is slow: a thread of its own bears that, for one file after
    /// the other.
    package func prefetch() {
        Self.prefetching.async { [self] in
            if let base { madvise(base, count, MADV_WILLNEED) }
        }
    }

    private static let prefetching = DispatchQueue(label: "spaniel.prefetch")

    /// Gives the memory of these bytes back; reading them again costs a read from the file.
    package func release(_ range: Range<Int>) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let first = (range.lowerBound + page - 1) / page * page
        let last = range.upperBound == count ? count : range.upperBound / page * page
        guard let base, first < last, first >= 0, last <= count else { return }
        madvise(base + first, last - first, MADV_DONTNEED)
    }
}
