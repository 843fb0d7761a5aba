#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that appear whole or not at all.
package enum AtomicFile {
    /// Writes to a temporary sibling, flushes it to the disk, and renames it over `url`; on failure nothing is left behind.
    package static func write(_ data: Data, to url: URL) throws(ImagingError) {
        try write([UInt8](data), to: url)
    }

    package static func write(_ bytes: [UInt8], to url: URL) throws(ImagingError) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(ImagingError) in try write(UnsafeRawBufferPointer(bytes), to: url) }
    }

    package static func write(_ bytes: UnsafeRawBufferPointer, to url: URL) throws(ImagingError) {
        let name = InputFile.name(of: url)
        let path = url.path
        guard url.isFileURL, !path.isEmpty else { throw .notWritten(output: name, reason: "not a file URL") }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { throw .notWritten(output: name, reason: "it is a folder") }
        // The whole name would be too long where the target's name is near the system's limit.
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
        let temporary = folder + ".spaniel-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(errno, name) }
        var problem = fill(descriptor, bytes)
        if close(descriptor) != 0, problem == 0 { problem = errno }
        if problem == 0, rename(temporary, path) != 0 { problem = errno }
        guard problem == 0 else {
            unlink(temporary)
            throw failure(problem, name)
        }
        // The new name too must survive a power cut; a file system that cannot flush a folder is no reason to fail.
        let parent = open(folder, O_RDONLY | O_CLOEXEC)
        if parent >= 0 {
            fsync(parent)
            close(parent)
        }
    }

    /// - Returns: 0, or the system's error number.
    private static func fill(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        var written = 0
        while written < bytes.count {
            let count = InputFile.retrying { systemWrite(descriptor, bytes.baseAddress! + written, bytes.count - written) }
            if count < 0 { return errno }
            written += count
        }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    private static func failure(_ number: Int32, _ name: String) -> ImagingError {
        switch number {
        case ENOENT, ENOTDIR: .noFolder(output: name)
        case EACCES, EPERM, EROFS: .noPermission(output: name)
        case ENOSPC, EDQUOT: .noSpace(output: name)
        default: .notWritten(output: name, reason: String(cString: strerror(number)))
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}
