import SpanielFiles
import Tensor
public import SpanielPlatform

extension ModelStore {
    /// What became of one file of a model.
    public struct FileCheck: Sendable, Equatable {
        public enum Verdict: Sendable, Equatable {
            /// It has the digest that the hub names it by.
            case right
            /// It has another.
            case wrong(expected: String, found: String)
            /// Nothing says what its digest should be.
            case unknown
        }

        public let file: String
        /// The file itself, links followed.
        public let place: URL
        public let verdict: Verdict
    }

    /// Reads every file of a model and compares it with the digest that the hub names it by: the name of what
    /// its link in the cache leads to. It asks nobody.
    ///
    /// - Parameter model: a folder or a file that `locate` gave.
    /// - Throws: `HubError.file` if one cannot be read, `CancellationError`.
    public func verify(_ model: URL) throws -> [FileCheck] {
        let isFolder = FileKind(of: model) == .folder
        let names =
            isFolder
            ? try Self.contents(model).filter { FileKind(of: model.appending(path: $0)) == .file }
            : [model.lastPathComponent]
        let folder = isFolder ? model : model.deletingLastPathComponent()
        return try names.sorted().map { try Self.check($0, in: folder) }
    }

    private static func contents(_ folder: URL) throws(HubError) -> [String] {
        let path = folder.path(percentEncoded: false)
        do { return try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw .file(.unreadable(path: path, errno: EIO))
        }
    }

    private static func check(_ name: String, in folder: URL) throws -> FileCheck {
        let url = folder.appending(path: name)
        let place = url.resolvingSymlinksInPath()
        let etag = place.lastPathComponent
        do {
            let file = try ReadableFile(place)
            guard place.deletingLastPathComponent().lastPathComponent == "blobs",
                var digest = ContentDigest(named: etag, size: file.count)
            else { return FileCheck(file: name, place: place, verdict: .unknown) }
            var offset = 0
            while offset < file.count {
                try Task.checkCancellation()
                let bytes = try file.read(at: offset, length: min(1 << 20, file.count - offset))
                guard !bytes.isEmpty else { break }
                bytes.withUnsafeBytes { digest.update($0) }
                offset += bytes.count
            }
            let found = digest.hexadecimal()
            return FileCheck(
                file: name, place: place,
                verdict: found == etag ? .right : .wrong(expected: etag, found: found))
        } catch let error as FileError { throw HubError.file(error) }
    }

    /// The hub's models that are here, by id, those of the folders before those of the cache; other things in
    /// Python's cache too, as long as they look like a model's folder.
    public func fetched() -> [(id: String, folder: URL)] {
        let inFolders = models().filter { $0.name.contains("/") }.map { (id: $0.name, folder: $0.folder) }
        let cache = PythonCache(environment)
        return inFolders
            + cache.models().filter { id in !inFolders.contains { $0.id == id.text } }.compactMap { id in
                cache.entry(id).snapshots(revision: nil).first { Self.complete($0, nil) != nil }
                    .map { (id.text, $0) }
            }
    }
}
