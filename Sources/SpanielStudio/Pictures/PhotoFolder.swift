import SpanielAnnotations
import SpanielFiles
import SpanielImaging
import SpanielPlatform

/// The folder that is labelled: the one place of which this module opens pictures.
///
/// A file is reached by walking down from the folder's descriptor without following any link, so that a path,
/// whoever wrote it, leads nowhere else. Links to pictures are passed over for the same reason.
package struct PhotoFolder: Sendable {
    /// As the user named it.
    package let path: String

    /// - Throws: `StudioError.folder` if it is no folder that can be read.
    package init(_ path: String) throws(StudioError) {
        self.path = path
        let descriptor = try Self.open(path)
        close(descriptor)
    }

    /// What a look at the folder shows of one file.
    package struct File: Sendable, Equatable {
        /// The path inside the folder.
        package let path: String
        package let bytes: Int64
        /// In nanoseconds.
        package let modified: Int64
    }

    /// The pictures in the folder and in the folders inside it, hidden ones left out, in the byte order of
    /// their paths.
    ///
    /// - Throws: `StudioError.folder` if the folder has gone or cannot be read.
    package func files() throws(StudioError) -> [File] {
        close(try Self.open(path))
        var found: [File] = []
        func walk(_ folder: String) {
            let place = folder.isEmpty ? path : "\(path)/\(folder)"
            for name in (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
            where !name.hasPrefix(".") && !(folder.isEmpty && name == Self.exports) {
                let inner = folder.isEmpty ? name : "\(folder)/\(name)"
                var status = stat()
                guard lstat("\(path)/\(inner)", &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: walk(inner)
                case S_IFREG where Self.isPictureName(name):
                    found.append(
                        File(path: inner, bytes: Int64(status.st_size), modified: status.nanoseconds))
                default: break
                }
            }
        }
        walk("")
        return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// The bytes of a picture's file.
    ///
    /// - Parameter inner: a path inside the folder.
    package func bytes(_ inner: String) throws(StudioError) -> [UInt8] {
        let descriptor = try open(inner)
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .picture(code: "image.unreadable", "\(inner): expected a regular file")
        }
        let count = Int(status.st_size)
        guard count > 0 else { throw .picture(code: "image.empty", "\(inner): the file is empty") }
        guard count <= Limits.fileBytes else {
            throw .picture(
                code: "image.file-too-large", "\(inner): \(count) bytes, expected at most \(Limits.fileBytes)"
            )
        }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(filled))
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                filled += got
            }
        }
        guard failure == 0 else {
            throw .picture(
                code: "image.unreadable", "\(inner): cannot be read (\(String(cString: strerror(failure))))")
        }
        return bytes
    }

    /// Opens a file below the folder, following no link.
    private func open(_ inner: String) throws(StudioError) -> Int32 {
        let parts = inner.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.isEmpty, !inner.utf8.contains(0),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else { throw .picture(code: "image.missing", "\(inner): no path inside the folder") }
        var place = try Self.open(path)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let next = openat(
                place, String(part),
                O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (isLast ? 0 : O_DIRECTORY))
            let reason = errno
            close(place)
            guard next >= 0 else {
                switch reason {
                case ENOENT, ENOTDIR: throw .picture(code: "image.missing", "\(inner): the file has gone")
                case ELOOP:
                    throw .picture(code: "image.unreadable", "\(inner): a link, which is not followed")
                case EACCES:
                    throw .picture(code: "image.unreadable", "\(inner): no permission to read it")
                default:
                    throw .picture(
                        code: "image.unreadable",
                        "\(inner): cannot be read (\(String(cString: strerror(reason))))")
                }
            }
            place = next
        }
        return place
    }

    private static func open(_ path: String) throws(StudioError) -> Int32 {
        #if canImport(Glibc)
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        #elseif canImport(Musl)
            let descriptor = Musl.open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        #else
            let descriptor = Darwin.open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        #endif
        guard descriptor >= 0 else {
            throw .folder(
                path: path,
                problem: errno == ENOENT ? "there is no such folder" : String(cString: strerror(errno)))
        }
        return descriptor
    }

    /// Where exports go, inside the folder of the project file.
    package static let exports = PictureFinder.exports

    private static let endings: Set<String> = [
        "png", "jpg", "jpeg", "jpe", "jfif", "heic", "heif", "hif", "avif", "webp", "gif", "bmp", "tif",
        "tiff", "jp2", "jxl",
    ]

    private static func isPictureName(_ name: String) -> Bool {
        guard let dot = name.lastIndex(of: "."), !name.lowercased().hasSuffix(".mask.png") else {
            return false
        }
        return endings.contains(name[name.index(after: dot)...].lowercased())
    }
}

extension stat {
    fileprivate var nanoseconds: Int64 {
        #if canImport(Darwin)
            Int64(st_mtimespec.tv_sec) * 1_000_000_000 + Int64(st_mtimespec.tv_nsec)
        #else
            Int64(st_mtim.tv_sec) * 1_000_000_000 + Int64(st_mtim.tv_nsec)
        #endif
    }
}
