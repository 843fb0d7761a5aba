public import SpanielFiles
public import SpanielImaging
import SpanielPlatform

/// Says why annotations could not be read or written.
public indirect enum AnnotationError: SpanielError, Equatable {
    /// A file or folder cannot be read or written.
    case file(FileError)
    /// The file is no JSON.
    case json(file: String, problem: String)
    /// The file is no well-formed XML, or XML of a kind that is not read.
    case xml(file: String, line: Int, problem: String)
    /// A picture or a mask that the annotations name cannot be used.
    case picture(ImagingError)
    /// A value is missing or of the wrong kind; `path` is its place, such as `annotations[3].bbox`.
    case value(file: String, path: String, expected: String, found: String)
    /// Files and shapes that cannot be read, all that a set has (at most a thousand are listed).
    case several([AnnotationError], files: Int, shapes: Int)
    /// What would have been left out or cut, where nothing may be.
    case incomplete(file: String, losses: [String])

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .file(let error): error.code
        case .json: "annotations.json"
        case .xml: "annotations.xml"
        case .picture(let error): error.code
        case .value: "annotations.value"
        case .several: "annotations.several"
        case .incomplete: "annotations.incomplete"
        }
    }
}

extension AnnotationError {
    /// The sentence for people: the file, the place in it, and what is expected there.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .json(let file, let problem): "\(file): expected JSON, \(problem)"
        case .xml(let file, let line, let problem): "\(file): line \(line): \(problem)"
        case .picture(let error): error.description
        case .value(let file, let path, let expected, let found):
            "\(file): \(path): expected \(expected), found \(found)"
        case .several(let errors, _, _): errors.map(\.description).joined(separator: "\n")
        case .incomplete(let file, let losses): "\(file): \(losses.joined(separator: "; "))"
        }
    }

}
