package import SpanielPlatform

/// An open regular file, which is closed when this value ends.
package struct ReadableFile: ~Copyable {
    let descriptor: Int32
    package let path: String
    /// The size of the file in bytes when it was opened.
    package let count: Int
    /// The file's state when it was opened.
    package let stamp: FileStamp?
    /// What tells the file from others of the same path, as long as it is open or mapped.
    package let number: UInt64

    /// Opens a file.
    /// - Throws: `FileError` if there is no file, it is no regular file, or it may not be read.
    package init(_ url: URL) throws(FileError) {
        let path = url.path(percentEncoded: false)
        // O_NONBLOCK: opening a pipe must not wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .reading(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = errno
            close(descriptor)
            throw .unreadable(path: path, errno: reason)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notAFile(
                path: path, found: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device or a pipe")
        }
        self.descriptor = descriptor
        self.path = path
        count = Int(status.st_size)
        stamp = FileStamp(status)
        number = UInt64(status.st_ino)
    }

    deinit { close(descriptor) }

    /// Reads some of the file; if the file ends before, fewer than `length` bytes come back.
    package func read(at offset: Int, length: Int) throws(FileError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            while filled < length {
                let count = pread(
                    descriptor, buffer.baseAddress! + filled, length - filled, off_t(offset + filled))
                if count < 0 && errno == EINTR { continue }
                if count < 0 { failure = errno }
                if count <= 0 { return }
                filled += count
            }
        }
        if failure != 0 { throw .unreadable(path: path, errno: failure) }
        return bytes
    }

    /// Reads the whole file.
    /// - Throws: `FileError.tooLarge` if it has more than `limit` bytes.
    package static func bytes(of url: URL, limit: Int) throws(FileError) -> [UInt8] {
        let file = try ReadableFile(url)
        guard file.count <= limit else { throw .tooLarge(path: file.path, bytes: file.count, limit: limit) }
        return try file.read(at: 0, length: file.count)
    }
}

/// The kind of thing at a path, symbolic links followed.
package enum FileKind: Sendable, Equatable {
    case missing, file, folder, other

    package init(of url: URL) {
        var status = stat()
        guard stat(url.path(percentEncoded: false), &status) == 0 else {
            self = .missing
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        default: self = .other
        }
    }
}
