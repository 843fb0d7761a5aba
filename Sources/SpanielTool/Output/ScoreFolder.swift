import CLIPSeg
import SpanielFiles
import SpanielPlatform

/// Where `--scores` puts the probabilities of each class, 0…65535 for 0…1: `NAME.N.CLASS.scores.png`.
struct ScoreFolder {
    private let folder: String
    private var names = OutputNames()

    /// - Throws: `Failure`, exit code 73, when the folder cannot be made.
    init(_ folder: String) throws {
        self.folder = folder
        try OutputFolder.make(folder)
    }

    /// Leaves a name to a picture whose files are there.
    mutating func passOver(_ image: String) { _ = names.name(for: image) }

    /// - Parameter maps: each class's, in the order of their numbers.
    mutating func write(_ maps: [(className: String, map: CLIPSeg.ScoreMap)], image: String) throws {
        let name = names.name(for: image)
        for (index, entry) in maps.enumerated() {
            let file = "\(folder)/\(OutputNames.scores(name, number: index + 1, className: entry.className))"
            let size = entry.map.size
            let bytes = PNG.encode(gray16: entry.map.probabilities16, width: size.width, height: size.height)
            do { try AtomicFile.write(bytes, to: URL(filePath: file)) } catch {
                throw Failure(error, about: .output)
            }
        }
    }
}
