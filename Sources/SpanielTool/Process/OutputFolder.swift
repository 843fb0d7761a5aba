import SpanielFiles
import SpanielPlatform

/// A folder for output, made with its parents when the first file is about to go there.
package enum OutputFolder {
    /// Finds out before any work is done for nothing whether `path` is a folder one may write to, or could be
    /// made.
    ///
    /// - Throws: `Failure`, exit code 73.
    package static func check(_ path: String) throws(Failure) {
        var place = path
        while FileKind(at: place) == .missing, let parent = parent(of: place) { place = parent }
        guard FileKind(at: place) == .folder else {
            throw failure(path, "\(place) is a file, expected a folder")
        }
        guard access(place, W_OK | X_OK) == 0 else {
            throw failure(path, "\(String(cString: strerror(errno))): \(place)")
        }
    }

    /// Makes the folder where it is missing.
    ///
    /// - Throws: `Failure`, exit code 73.
    package static func make(_ path: String) throws(Failure) {
        if FileKind(at: path) == .folder { return }
        if let parent = parent(of: path) { try make(parent) }
        // Another process may have made it meanwhile.
        guard mkdir(path, 0o777) == 0 || errno == EEXIST && FileKind(at: path) == .folder else {
            throw failure(path, String(cString: strerror(errno)))
        }
    }

    /// The folder a file is in, checked or made the same way.
    package static func checkParent(ofFile path: String) throws(Failure) {
        if FileKind(at: path) == .folder {
            throw failure(path, "it is a folder, expected the name of a file")
        }
        try check(parent(of: path) ?? ".")
    }

    package static func makeParent(ofFile path: String) throws(Failure) { try make(parent(of: path) ?? ".") }

    /// nil when the path has one part.
    private static func parent(of path: String) -> String? {
        var parts = Substring(path)
        while parts.count > 1, parts.last == "/" { parts.removeLast() }
        guard let slash = parts.lastIndex(of: "/") else { return path == "." ? nil : "." }
        if slash == parts.startIndex { return parts.count > 1 ? "/" : nil }
        return String(parts[..<slash])
    }

    private static func failure(_ path: String, _ reason: String) -> Failure {
        Failure(
            .output, code: "output.folder", "\(path): cannot be written to (\(reason)); choose another place")
    }
}
