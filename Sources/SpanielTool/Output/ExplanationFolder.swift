import SpanielDrawing
import PerSAM
import SpanielFiles
import SpanielPlatform

/// Where `--explain` puts a page for each picture: `NAME.explain.html`.
struct ExplanationFolder {
    private let folder: String
    private let thresholds: [String: Float]
    private let features: String?
    private var names = OutputNames()

    /// - Throws: `Failure`, exit code 73, when the folder cannot be made.
    init(_ folder: String, concepts: [PerSAM.Concept], features: String?) throws {
        (self.folder, self.features) = (folder, features)
        thresholds = Dictionary(concepts.map { ($0.className, $0.threshold) }) { first, _ in first }
        try OutputFolder.make(folder)
    }

    /// Leaves a name to a picture whose page is there.
    mutating func passOver(_ image: String) { _ = names.name(for: image) }

    mutating func write(_ findings: PerSAM.Findings, image: String, picture: Picture) throws {
        let page = ExplainPage(
            picture: picture, name: image, findings: findings, threshold: thresholds.values.first ?? 0,
            thresholds: thresholds, features: features)
        let file = "\(folder)/\(names.name(for: image)).explain.html"
        do { try AtomicFile.write(Array(page.html().utf8), to: URL(filePath: file)) } catch {
            throw Failure(error, about: .output)
        }
    }
}
