import Foundation

/// A folder for one test, removed at its end.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "spaniel-tool-\(UUID().uuidString)")
            .path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        for entry in FileManager.default.subpaths(atPath: path) ?? [] {  // what a test made unreadable must still go
            try? FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: "\(path)/\(entry)")
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8> = []) throws -> String {
        let file = self(name)
        if let slash = name.lastIndex(of: "/") { try folder(String(name[..<slash])) }
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    @discardableResult
    func folder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
        return self(name)
    }

    /// Every file below, sorted, hidden ones too.
    var files: [String] { (FileManager.default.subpaths(atPath: path) ?? []).sorted() }
}
