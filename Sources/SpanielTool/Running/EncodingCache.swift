import SpanielFiles
import SpanielImaging
import Tensor
import SpanielPlatform

/// A model whose encodings can be taken apart and put together again.
protocol KeepingEncoder: Sendable {
    associatedtype Encoding

    var weights: Weights { get }
    /// What the encoding depends on beside the picture and the weights: sizes, filters, means, and options.
    var preprocessingKey: String { get }
    func encode(_ picture: Picture) throws -> Encoding
    func tensors(of encoding: Encoding) -> [(String, Tensor)]
    /// - Parameter size: the picture's.
    /// - Throws: when the tensors are not what this model makes.
    func encoding(from tensors: [String: Tensor], size: Size) throws -> Encoding
}

/// Encodings kept in a folder, so that the same pictures can be asked again without the slow part.
///
/// A file is named by what its numbers depend on: the pixels, the model, its preprocessing, the precision,
/// and the kernels. It holds a digest of its numbers; a file that is damaged in any way counts as absent and
/// is written anew.
struct EncodingCache<Encoder: KeepingEncoder>: Sendable {
    private let folder: String?
    private let encoder: Encoder
    /// What every file's name depends on; worked out once, since hashing a large model takes seconds.
    let key: String

    /// - Parameter folder: nil: nothing is kept.
    /// - Throws: `Failure`, exit code 73, when the folder cannot be made.
    init(_ folder: String?, _ encoder: Encoder) throws {
        self.folder = folder
        self.encoder = encoder
        key =
            folder == nil
            ? ""
            : "\(Encoder.self) \(encoder.weights.sha256) \(encoder.preprocessingKey) \(encoder.weights.precision) \(encoder.weights.floatingPrecision) \(InstructionSet.current)"
        if let folder { try OutputFolder.make(folder) }
    }

    /// The picture's encoding, from the folder or else computed and put there.
    func encode(_ picture: Picture) throws -> Encoder.Encoding {
        guard let folder else { return try encoder.encode(picture) }
        let file = URL(filePath: "\(folder)/\(name(of: picture)).safetensors")
        if let kept = kept(file, picture.size) { return kept }
        let encoding = try encoder.encode(picture)
        let tensors = encoder.tensors(of: encoding)
        do {
            try Safetensors.write(tensors, metadata: [Self.digestKey: Self.digest(tensors)], to: file)
        } catch { throw Failure(error, about: .output) }
        return encoding
    }

    private static var digestKey: String { "digest" }

    private func kept(_ file: URL, _ size: Size) -> Encoder.Encoding? {
        guard let safetensors = try? Safetensors(contentsOf: file),
            let digest = safetensors.metadata[Self.digestKey],
            let tensors = try? safetensors.entries.map({ ($0.name, try safetensors.tensor($0)) }),
            Self.digest(tensors) == digest
        else { return nil }
        return try? encoder.encoding(from: Dictionary(tensors) { first, _ in first }, size: size)
    }

    private static func digest(_ tensors: [(String, Tensor)]) -> String {
        var hash = SHA256()
        for (name, tensor) in tensors.sorted(by: { $0.0 < $1.0 }) {
            hash.update("\(name) \(tensor.shape) ".utf8)
            tensor.array.withUnsafeBytes { hash.update($0) }
        }
        return hash.hexadecimal()
    }

    private func name(of picture: Picture) -> String {
        var hash = SHA256()
        hash.update("\(key) \(picture.width) \(picture.height) ".utf8)
        picture.pixels.withUnsafeBytes { hash.update($0) }
        return hash.hexadecimal()
    }
}
