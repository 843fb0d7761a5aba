import SpanielFiles
import SpanielJSON
import Synchronization

/// The state that all places in one model's weights share: where each tensor lies, and which have been read.
final class WeightsSource: Sendable {
    /// The home of one tensor.
    enum Slot: Sendable {
        case stored(StoredTensor)
        case memory(Tensor)

        var shape: [Int] {
            switch self {
            case .stored(let tensor): tensor.shape
            case .memory(let tensor): tensor.shape.extents
            }
        }

        func tensor(_ name: String, model: String, borrowing: Bool) throws(WeightsError) -> Tensor {
            switch self {
            case .stored(let tensor):
                try borrowing ? tensor.borrowed(name, model: model) : tensor.tensor(name, model: model)
            case .memory(let tensor): tensor
            }
        }
    }

    let modelName: String
    /// The model's files; none if its tensors are in memory.
    let files: ModelFiles
    /// The names of all tensors, sorted by their bytes.
    let keys: [String]
    private let slots: [UTF8Key: Slot]
    private let read = Mutex<Set<UTF8Key>>([])

    /// - Precondition: each name is given once.
    init(modelName: String, files: ModelFiles, slots: [(String, Slot)]) {
        self.modelName = modelName
        self.files = files
        self.slots = Dictionary(uniqueKeysWithValues: slots.map { (UTF8Key($0.0), $0.1) })
        keys = slots.map(\.0).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func slot(_ key: String) -> Slot? { slots[UTF8Key(key)] }

    func markRead(_ key: String) { read.withLock { _ = $0.insert(UTF8Key(key)) } }

    func unreadKeys() -> [String] {
        let read = read.withLock { $0 }
        return keys.filter { !read.contains(UTF8Key($0)) }
    }

    var sha256: String { files.sha256 { inMemoryDigest() } }

    private func inMemoryDigest() -> String {
        let tensors = slots.compactMap { key, slot in
            if case .memory(let tensor) = slot { (key.text, tensor) } else { nil }
        }
        do {
            return try Safetensors.sha256(tensors)
        } catch { preconditionFailure("\(error)") }  // a dictionary's keys: no name occurs twice
    }
}

/// The files that a model's tensors come from, and their digest, which is computed once for all names under
/// which they are read.
final class ModelFiles: Sendable {
    private let files: [MappedFile]
    private let digest = Mutex<String?>(nil)
    /// Where the model's packed matrices are kept; nil: nowhere.
    let packed: PackedFile?

    /// - Parameter files: sorted by name.
    init(_ files: [MappedFile]) {
        self.files = files
        packed = PackedFolder.current.map { PackedFile(in: $0) }
    }

    /// Tells the system that all of the files will be read soon.
    func prefetch() { for file in files { file.prefetch() } }

    /// The files of a model that comes in two parts.
    func joined(with other: ModelFiles) -> ModelFiles {
        ModelFiles((files + other.files).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    }

    /// The SHA-256 of the file; see `Weights.sha256` for several.
    /// - Parameter other: the digest of a model without files.
    func sha256(_ other: () -> String) -> String {
        digest.withLock { digest in
            if let digest { return digest }
            let computed = files.isEmpty ? other() : computedDigest()
            digest = computed
            return computed
        }
    }

    private func computedDigest() -> String {
        let folder = PackedFolder.current
        let digests = files.map { file in
            (file.name, folder?.digest(of: file) ?? file.sha256())
        }
        if digests.count == 1 { return digests[0].1 }
        var hash = SHA256()
        for (name, digest) in digests { hash.update("\(digest)  \(name)\n".utf8) }
        return hash.hexadecimal()
    }
}

extension MappedFile {
    /// The last part of its path.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Returns the SHA-256 of the whole file.
    func sha256() -> String {
        var hash = SHA256()
        let step = 16 << 20
        for start in stride(from: 0, to: count, by: step) {
            let range = start..<min(start + step, count)
            withBytes(range) { hash.update($0) }
            release(range)
        }
        return hash.hexadecimal()
    }
}
