package import SpanielFiles
import SpanielPlatform
import Synchronization

/// A folder that keeps what is made of models' weights when they are loaded, so that later processes map it:
/// they share one copy, and do not pack again. Beside the packed matrices it keeps the digests of the models'
/// files.
package final class PackedFolder: Sendable {
    /// The folder for models that are loaded now; nil: nothing is kept.
    @TaskLocal package static var current: PackedFolder?

    package let path: String
    private let opened = Mutex<[PackedFile]>([])

    package init(_ path: String) { self.path = path }

    /// Loads a model. What its file here lacks is written, and the model loaded once more from the file, so
    /// that the first process shares it too.
    /// - Throws: what `load` throws, or `PackedFolderError`.
    package static func load<Model>(_ load: () throws -> Model) throws -> Model {
        guard let current else { return try load() }
        do {
            let (model, isWritten) = try current.loading(load)
            if !isWritten { return model }
        }
        BufferPool.shared.trim()
        return try $current.withValue(PackedFolder(current.path), operation: load)
    }

    /// Loads a model and writes its file where that lacks something.
    private func loading<Model>(_ load: () throws -> Model) throws -> (Model, isWritten: Bool) {
        let folder = PackedFolder(path)
        let model = try Self.$current.withValue(folder, operation: load)
        do {
            let isWritten = try folder.opened.withLock { $0 }.map { try $0.write() }
            return (model, isWritten.contains(true))
        } catch let error as WeightsError { throw PackedFolderError(error) }
    }

    func add(_ file: PackedFile) { opened.withLock { $0.append(file) } }

    // MARK: Digests

    /// Returns the SHA-256 of a file; it is computed once for each state of the file, since it takes longer
    /// than to map all that was packed.
    func digest(of file: MappedFile) -> String {
        guard let stamp = file.stamp?.description else { return file.sha256() }
        let place = URL(filePath: "\(path)/\(SHA256.hexadecimal(of: stamp)).digest")
        func text(_ digest: String) -> String {
            let line = "\(digest) \(stamp)\n"
            return line + SHA256.hexadecimal(of: line) + "\n"
        }
        if let kept = try? ReadableFile.bytes(of: place, limit: 1024) {
            let digest = String(decoding: kept.prefix(64), as: UTF8.self)
            if kept.elementsEqual(text(digest).utf8) { return digest }
        }
        let digest = file.sha256()
        // Without it the next process computes it again.
        try? AtomicFile.write(text(digest).utf8, to: place, durable: false)
        return digest
    }
}

/// Why packed weights could not be kept.
package struct PackedFolderError: SpanielError, Equatable {
    /// What the system said.
    package let file: FileError

    init(_ error: WeightsError) {
        guard case .file(let file) = error else { preconditionFailure("\(error)") }  // names are ours
        self.file = file
    }

    package var code: String { file.code }
    package var description: String { file.description }
}

extension SHA256 {
    /// The digest of a text.
    static func hexadecimal(of text: String) -> String {
        var hash = SHA256()
        hash.update(text.utf8)
        return hash.hexadecimal()
    }
}
