import Dispatch
package import SpanielPlatform

/// A file's bytes as memory, which the system reads when they are touched; only the first byte is aligned.
///
/// The mapping stays valid if the file is renamed or removed. If another process cuts the file short while it
/// is mapped, this process ends, as with any mapped file: for this reason everything here is written beside
/// its place and renamed.
package final class MappedFile: @unchecked Sendable {  // never written after init
    package let path: String
    package let count: Int
    /// The file's state when it was opened.
    package let stamp: FileStamp?
    /// What tells the file from others of the same path, as long as this one is mapped.
    package let number: UInt64
    private let base: UnsafeMutableRawPointer?

    package convenience init(_ url: URL) throws(FileError) {
        try self.init(ReadableFile(url))
    }

    package init(_ file: borrowing ReadableFile) throws(FileError) {
        path = file.path
        count = file.count
        stamp = file.stamp
        number = file.number
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

    /// Gives `body` some of the file's bytes, which are valid only during the call.
    ///
    /// - Precondition: `range` lies inside the file.
    package func withBytes<R, E: Error>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(E) -> R)
        throws(E) -> R
    {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes \(range) of \(count)")
        return try body(UnsafeRawBufferPointer(start: base.map { $0 + range.lowerBound }, count: range.count))
    }

    /// Tells the system that all of the file will be read soon, from front to back.
    ///
    /// The system then looks through its cache for every page, and waits if the disk is slow; so a thread of
    /// its own makes the call, for one file after the other.
    package func prefetch() {
        Self.prefetching.async { [self] in
            if let base { madvise(base, count, MADV_WILLNEED) }
        }
    }

    private static let prefetching = DispatchQueue(label: "spaniel.prefetch")

    /// Gives the memory of these bytes back to the system; reading them again reads the file again.
    package func release(_ range: Range<Int>) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let first = (range.lowerBound + page - 1) / page * page
        let last = range.upperBound == count ? count : range.upperBound / page * page
        guard let base, first < last, first >= 0, last <= count else { return }
        madvise(base + first, last - first, MADV_DONTNEED)
    }
}
