package import Foundation

/// A folder of a test's own, gone when the test is.
package final class ScratchFolder {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "spaniel-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        for path in paths {  // what a test made unreadable must still go
            try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: self[path].path)
        }
        try? FileManager.default.removeItem(at: url)
    }

    package subscript(_ name: String) -> URL { url.appending(path: name) }

    /// What lies in it, sorted.
    package func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    }

    /// Every file and folder below, sorted, hidden ones too.
    package var paths: [String] { (FileManager.default.subpaths(atPath: url.path) ?? []).sorted() }

    /// Writes a file, its folders made first.
    @discardableResult
    package func write(_ name: String, _ bytes: some Sequence<UInt8> = []) throws -> URL {
        let file = self[name]
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file
    }

    @discardableResult
    package func write(_ name: String, _ text: String) throws -> URL { try write(name, text.utf8) }
}

// The same by paths, as arguments of a command are.
extension ScratchFolder {
    package var path: String { url.path(percentEncoded: false) }

    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and gives its path.
    package func file(_ name: String, _ bytes: some Sequence<UInt8> = []) throws -> String {
        try write(name, bytes).path(percentEncoded: false)
    }

    /// Makes a folder, those above it first, and gives its path.
    @discardableResult
    package func folder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(at: self[name], withIntermediateDirectories: true)
        return self(name)
    }
}
