import SpanielFiles
import SpanielPlatform
import Synchronization

/// The packed matrices of one model in one precision, in the order of one instruction set, as a file keeps
/// them: a safetensors file, whose header is checked as any model's is, with the memory of each matrix as a
/// tensor that begins at a cache line.
///
/// The file is mapped, so that all processes share its pages. A matrix that is missing, damaged, or of other
/// weights, kernels or versions counts as absent, and the file is then written anew. Nothing in a matrix is a
/// place in memory: whatever a file holds, products with it are numbers.
///
/// Each matrix has a checksum, because a damaged one would give wrong answers in silence for as long as it is
/// kept. For SAM ViT-B in float32, 361 MB, it takes 28 ms of the 90 to 130 that the file saves; a SHA-256 would
/// take them all.
final class PackedFile: Sendable {
    /// Changes when layers pack something else under the same name.
    private static let version = 1
    /// What a matrix begins at a multiple of, in floats: a cache line, as memory of the pool does.
    private static let line = Tensor.checksumUnit

    private struct State {
        var url: URL?
        var key = ""
        var kept: Safetensors?
        var entries: [String: Safetensors.Entry] = [:]
        /// What the model has taken, kept or new.
        var taken: [String: Tensor] = [:]
        var isWhole = true
    }

    /// The folder's path: the folder itself holds this file.
    private let folder: String
    private let state = Mutex(State())

    init(in folder: PackedFolder) {
        self.folder = folder.path
        folder.add(self)
    }

    /// Opens the file of a model in its precision, the first time that one is named.
    func open(for weights: Weights) {
        guard state.withLock({ $0.url == nil }) else { return }
        let precisions = Set([weights.precision, weights.floatingPrecision, .float32])
        let layouts = precisions.map { "\($0) \(Self.layout($0))" }.sorted()
        let key =
            "packed \(Self.version) \(weights.sha256) \(weights.precision) \(weights.floatingPrecision) "
            + "\(InstructionSet.current) \(layouts.joined(separator: " "))"
        let url = URL(filePath: "\(folder)/\(SHA256.hexadecimal(of: key)).packed")
        let kept = Self.opened(url, key: key)
        if let kept { kept.file.prefetch() } else { weights.source.files.prefetch() }
        state.withLock { state in
            (state.url, state.key, state.kept) = (url, key, kept)
            // A file's names may be others by their bytes and the same as text.
            state.entries = Dictionary((kept?.entries ?? []).map { ($0.name, $0) }) { first, _ in first }
        }
    }

    private static var keyName: String { "key" }

    /// The file, if it is of a key.
    private static func opened(_ url: URL, key: String) -> Safetensors? {
        let file = try? Safetensors(contentsOf: url)
        return file?.metadata[keyName] == key ? file : nil
    }

    /// Tells the kernels' order of numbers from others: what a small matrix is packed to.
    private static func layout(_ precision: Tensor.Precision) -> String {
        let (n, k) = (131, 71)
        let numbers = Tensor((0..<n * k).map { Float($0 % 251 - 125) / 64 }, [n, k])
        var hash = SHA256()
        PackedMatrix(rows: numbers, precision: precision).storage.withValues {
            hash.update(UnsafeRawBufferPointer($0))
        }
        return hash.hexadecimal()
    }

    /// Returns what is kept under a name, or else makes it, to be kept.
    /// - Parameter count: how many floats there must be.
    func values<E: Error>(_ name: String, count: Int, _ make: () throws(E) -> Tensor) throws(E) -> Tensor {
        // A name that comes twice stands for the first; loading takes them in the same order each time.
        guard count > 0, state.withLock({ $0.url != nil && $0.taken[name] == nil }) else { return try make() }
        let values = if let kept = kept(name, count) { kept } else { try made(make) }
        state.withLock { $0.taken[name] = values }
        return values
    }

    private func kept(_ name: String, _ count: Int) -> Tensor? {
        let (kept, entry) = state.withLock { ($0.kept, $0.entries[name]) }
        guard let kept, let entry, entry.type == .float32, entry.shape == [Self.filled(count)],
            let tensor = try? kept.stored(entry).borrowed(name, model: kept.path), tensor.storage.isBorrowed,
            Int(bitPattern: tensor.pointer) % (Self.line * MemoryLayout<Float>.stride) == 0,
            kept.metadata[name] == tensor.checksum
        else { return nil }
        return tensor[leading: 0..<count]
    }

    private func made<E: Error>(_ make: () throws(E) -> Tensor) throws(E) -> Tensor {
        state.withLock { $0.isWhole = false }
        return try make()
    }

    private static func filled(_ count: Int) -> Int { (count + line - 1) / line * line }

    /// Writes all that the model has taken, if some of it was not in the file, and no other process has done so
    /// meanwhile: those that start together shall map the same file.
    /// - Returns: whether the file is another now.
    func write() throws(WeightsError) -> Bool {
        let state = state.withLock { $0 }
        guard let url = state.url, !state.isWhole else { return false }
        let lock = FolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        if let written = Self.opened(url, key: state.key), written.file.number != state.kept?.file.number {
            return true
        }
        let tensors = state.taken.map { name, values in
            let flat = values.reshaped([values.count])
            let missing = Self.filled(flat.count) - flat.count
            return (name, missing == 0 ? flat : .concatenated([flat, .zeros([missing])], axis: 0))
        }
        var metadata = Dictionary(tensors.map { ($0, $1.checksum) }) { first, _ in first }
        metadata[Self.keyName] = state.key
        try Safetensors.write(
            tensors.map { ($0, .float32($1)) }, metadata: metadata,
            alignment: Self.line * MemoryLayout<Float>.stride, to: url)
        return true
    }
}
