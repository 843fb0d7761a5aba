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

/// A whole file in memory, read with limits and with an error of its own for each thing that can be wrong.
package enum InputFile {
    /// How a file is named in messages: as the user wrote it.
    package static func name(of url: URL) -> String {
        url.isFileURL ? url.relativePath : url.absoluteString
    }

    /// Reads a regular file or a pipe of at most `Limits.fileBytes`.
    package static func bytes(of url: URL) throws(ImagingError) -> [UInt8] {
        let name = name(of: url)
        guard url.isFileURL else { throw .unreadable(file: name, reason: "not a file URL") }
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(errno, name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, name) }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFDIR { throw .directory(file: name) }
        guard kind == S_IFREG || kind == S_IFIFO else { throw .unreadable(file: name, reason: "a device or socket") }
        if kind == S_IFIFO { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) }
        let size = Int(status.st_size)
        guard size <= Limits.fileBytes else { throw .fileTooLarge(file: name, bytes: size) }
        let bytes = try read(descriptor, expecting: kind == S_IFREG ? size : 1 << 20, name)
        if bytes.isEmpty { throw .empty(file: name) }
        return bytes
    }

    private static func read(_ descriptor: Int32, expecting: Int, _ name: String) throws(ImagingError) -> [UInt8] {
        var bytes: [UInt8] = []
        var capacity = expecting + 1
        while true {
            var outcome = 0
            // A file may grow while it is read: the spare byte tells.
            let room = capacity - bytes.count
            bytes += [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                while count < room {
                    outcome = Self.retrying { systemRead(descriptor, buffer.baseAddress! + count, room - count) }
                    if outcome <= 0 { break }
                    count += outcome
                }
            }
            if outcome < 0 { throw failure(errno, name) }
            if bytes.count > Limits.fileBytes { throw .fileTooLarge(file: name, bytes: bytes.count) }
            if outcome == 0 { return bytes }
            capacity = min(capacity * 2, Limits.fileBytes + 1)
        }
    }

    package static func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    private static func failure(_ number: Int32, _ name: String) -> ImagingError {
        switch number {
        case ENOENT, ENOTDIR: .missing(file: name)
        case EISDIR: .directory(file: name)
        case EACCES, EPERM: .unreadable(file: name, reason: "no permission")
        default: .unreadable(file: name, reason: String(cString: strerror(number)))
        }
    }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
