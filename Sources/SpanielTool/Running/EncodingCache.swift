import PerSAM
import Tensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Encodings kept in a folder, so that the same pictures can be asked again without the slow part.
///
/// A file is named by what its numbers depend on: the pixels, the model, and the kernels. A file that is damaged counts as absent.
struct EncodingCache {
    private let folder: String?
    private let sam: SAM

    /// - Parameter folder: nil: nothing is kept.
    /// - Throws: `Failure`, exit code 73, when the folder cannot be made.
    init(_ folder: String?, sam: SAM) throws {
        self.folder = folder
        self.sam = sam
        if let folder { try OutputFolder.make(folder) }
    }

    /// The picture's encoding, from the folder or else computed and put there.
    func encode(_ picture: Picture) throws -> SAM.Encoding {
        guard let folder else { return try sam.encode(picture) }
        let file = URL(filePath: "\(folder)/\(name(of: picture)).safetensors")
        if let kept = kept(file, picture) { return kept }
        let encoding = try sam.encode(picture)
        let resized = encoding.frame.resized
        let metadata = ["width": String(resized.width), "height": String(resized.height)]
        do {
            try Safetensors.write([(Self.tensorName, encoding.embedding)], metadata: metadata, to: file)
        } catch { throw Failure(error, about: .output) }
        return encoding
    }

    private static let tensorName = "embedding"

    private func kept(_ file: URL, _ picture: Picture) -> SAM.Encoding? {
        let encoder = sam.configuration.imageEncoder
        guard let safetensors = try? Safetensors(contentsOf: file), let entry = safetensors.entry(Self.tensorName),
            entry.shape == [encoder.grid, encoder.grid, encoder.outputChannels], let embedding = try? safetensors.tensor(entry),
            let width = safetensors.metadata["width"].flatMap(Int.init), let height = safetensors.metadata["height"].flatMap(Int.init)
        else { return nil }
        let side = encoder.imageSize
        guard (1...side).contains(width), (1...side).contains(height) else { return nil }
        return sam.encoding(
            of: embedding, frame: SAM.Frame(original: picture.size, resized: Size(width: width, height: height), side: side))
    }

    private func name(of picture: Picture) -> String {
        var hash = SHA256()
        hash.update("\(sam.weights.sha256) \(InstructionSet.current) \(picture.width) \(picture.height) ".utf8)
        picture.pixels.withUnsafeBytes { hash.update($0) }
        return hash.hexadecimal()
    }
}
