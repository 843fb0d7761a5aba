import SpanielFiles
import SpanielPlatform

extension FileKind {
    /// What stands at a path as it was given; links are followed.
    init(at path: String) { self = path.isEmpty ? .missing : FileKind(of: URL(filePath: path)) }
}
