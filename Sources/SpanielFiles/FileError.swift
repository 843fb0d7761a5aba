import SpanielPlatform

/// Says why a file could not be read or written.
public enum FileError: SpanielError, Equatable {
    /// There is no file or folder at the path.
    case missing(path: String)
    /// A folder, a device or a pipe stands where a file is expected.
    case notAFile(path: String, found: String)
    /// A file stands where a folder is expected.
    case notAFolder(path: String)
    /// A symbolic link stands inside a folder of output where a folder is expected.
    case leadsElsewhere(path: String)
    /// The file has more bytes than are read.
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// The system refused to read; `errno` says why.
    case unreadable(path: String, errno: Int32)
    /// The system refused to write; `errno` says why.
    case unwritable(path: String, errno: Int32)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .missing: "file.missing"
        case .notAFile, .notAFolder, .leadsElsewhere: "file.kind"
        case .tooLarge: "file.too-large"
        case .unreadable: "file.unreadable"
        case .unwritable: "file.unwritable"
        }
    }

    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .missing(let path): "\(path): there is no such file"
        case .notAFile(let path, let found): "\(path): expected a file, found \(found)"
        case .notAFolder(let path): "\(path): expected a folder, found a file"
        case .leadsElsewhere(let path):
            "\(path): expected a folder, found a link to elsewhere (name its target as the output, or remove it)"
        case .tooLarge(let path, let bytes, let limit):
            "\(path): the file has \(bytes) bytes, expected at most \(limit)"
        case .unreadable(let path, EACCES): "\(path): no permission to read it (see its mode with ls -l)"
        case .unreadable(let path, let errno): "\(path): cannot be read (\(Self.text(errno)))"
        case .unwritable(let path, ENOSPC), .unwritable(let path, EDQUOT):
            "\(path): cannot be written, the disk is full (free some space or write elsewhere)"
        case .unwritable(let path, EACCES), .unwritable(let path, EPERM), .unwritable(let path, EROFS):
            "\(path): no permission to write there (choose another place)"
        case .unwritable(let path, ENOENT): "\(path): cannot be written, its folder does not exist"
        case .unwritable(let path, let errno): "\(path): cannot be written (\(Self.text(errno)))"
        }
    }

    /// The error for an `errno` of `open` or `stat` before reading.
    static func reading(_ path: String, _ errno: Int32) -> FileError {
        errno == ENOENT || errno == ENOTDIR ? .missing(path: path) : .unreadable(path: path, errno: errno)
    }

    private static func text(_ errno: Int32) -> String {
        strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
    }
}
