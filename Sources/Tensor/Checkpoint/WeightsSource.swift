import SpanielFiles
import SpanielJSON
import Synchronization

/// The state that all places in one model's weights share: where each tensor lies, and which have been read.
final class WeightsSource: Sendable {
    /// The home of one tensor.
    enum Slot: Sendable {
        case file(Safetensors, Safetensors.Entry)
        case memory(Tensor)

        var shape: [Int] {
            switch self {
            case .file(_, let entry): entry.shape
            case .memory(let tensor): tensor.shape.extents
            }
        }

        func tensor(borrowing: Bool) throws(WeightsError) -> Tensor {
            switch self {
            case .file(let file, let entry): try borrowing ? file.borrowed(entry) : file.tensor(entry)
            case .memory(let tensor): tensor
            }
        }
    }

    let modelName: String
    /// The model's files, sorted by name; none if its tensors are in memory.
    let files: [Safetensors]
    /// The names of all tensors, sorted by their bytes.
    let keys: [String]
    private let slots: [UTF8Key: Slot]
    private let read = Mutex<Set<UTF8Key>>([])
    private let digest = Mutex<String?>(nil)

    /// - Precondition: each name is given once.
    init(modelName: String, files: [Safetensors], slots: [(String, Slot)]) {
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

    var sha256: String {
        digest.withLock { digest in
            if let digest { return digest }
            let computed = computedDigest()
            digest = computed
            return computed
        }
    }

    private func computedDigest() -> String {
        switch files.count {
        case 0: return inMemoryDigest()
        case 1: return files[0].sha256()
        default:
            var hash = SHA256()
            for file in files { hash.update("\(file.sha256())  \(file.fileName)\n".utf8) }
            return hash.hexadecimal()
        }
    }

    private func inMemoryDigest() -> String {
        let tensors = slots.compactMap { key, slot in
            if case .memory(let tensor) = slot { (key.text, tensor) } else { nil }
        }
        do {
            return try Safetensors.sha256(tensors)
        } catch { preconditionFailure("\(error)") }  // a dictionary's keys: no name occurs twice
    }
}

extension Safetensors {
    var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Returns the SHA-256 of the whole file.
    func sha256() -> String {
        var hash = SHA256()
        let step = 16 << 20
        for start in stride(from: 0, to: file.count, by: step) {
            let range = start..<min(start + step, file.count)
            file.withBytes(range) { hash.update($0) }
            file.release(range)
        }
        return hash.hexadecimal()
    }
}
