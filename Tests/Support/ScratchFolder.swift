package import Foundation

/// A folder of a test's own, gone when the test is.
package final class ScratchFolder {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "spaniel-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package subscript(_ name: String) -> URL { url.appending(path: name) }

    /// What lies in it, sorted.
    package func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    }

    /// Writes a file, its folders made first.
    @discardableResult
    package func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> URL {
        let file = self[name]
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file
    }

    @discardableResult
    package func write(_ name: String, _ text: String) throws -> URL { try write(name, text.utf8) }
}
