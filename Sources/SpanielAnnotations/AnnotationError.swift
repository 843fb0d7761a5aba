import SpanielFiles

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Why annotations could not be read or written.
public enum AnnotationError: Error, Equatable, Sendable {
    case file(FileError)
    /// No JSON at all.
    case json(file: String, problem: String)
    /// A value that is missing or of the wrong kind; `path` is its place, as in `annotations[3].bbox`.
    case value(file: String, path: String, expected: String, found: String)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .file(let error): error.code
        case .json: "annotations.json"
        case .value: "annotations.value"
        }
    }
}

extension AnnotationError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .json(let file, let problem): "\(file): expected JSON, \(problem)"
        case .value(let file, let path, let expected, let found): "\(file): \(path): expected \(expected), found \(found)"
        }
    }

    public var errorDescription: String? { description }
}
