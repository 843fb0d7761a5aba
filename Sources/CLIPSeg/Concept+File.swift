import SpanielJSON
import Tensor
public import SpanielPlatform

/// Concepts on disk: a safetensors file whose metadata says what was learnt with what.
extension CLIPSeg.Concept {
    private static let format = ConceptArchive.Format("spaniel-segment-concept-1", for: "segment")

    /// Writes several concepts, one file, whole or not at all.
    public static func save(_ concepts: [Self], to url: URL) throws {
        var tensors: [(String, Tensor)] = []
        var entries: [JSON] = []
        for (i, concept) in concepts.enumerated() {
            if concept.conditionals.isEmpty { throw CLIPSegError.nothingAsked }
            tensors.append(("\(i).conditionals", Tensor.stack(concept.conditionals.map(\.embedding))))
            if let threshold = concept.threshold {
                tensors.append(("\(i).threshold", Tensor([threshold], [1])))
            }
            let texts = concept.conditionals.map { prompt -> JSON in
                prompt.text.map { ["text": JSON($0), "cut": JSON(prompt.wasCut)] } ?? .null
            }
            entries.append(["class": JSON(concept.className), "texts": .array(texts)])
        }
        try ConceptArchive.write(tensors, entries, in: Self.format, model: concepts.first?.model, to: url)
    }

    public func save(to url: URL) throws { try Self.save([self], to: url) }

    /// Reads the concepts of a file.
    /// - Throws: `ConceptError.file` naming what was expected and found; `WeightsError` where it is no
    ///   safetensors file.
    public static func load(contentsOf url: URL) throws -> [Self] {
        let archive = try ConceptArchive(contentsOf: url, in: Self.format)
        return try archive.entries.enumerated().map { i, entry in
            guard let className = entry["class"]?.string, let texts = entry["texts"]?.array else {
                throw archive.refuse("a class and its texts", "damaged metadata")
            }
            guard let vectors = try archive.tensor("\(i).conditionals", [texts.count, nil]) else {
                throw archive.refuse("\(i).conditionals, one for each of \(texts.count) texts", "none")
            }
            let threshold = try archive.tensor("\(i).threshold", [1])
            return Self(
                className: className,
                conditionals: texts.enumerated().map { row, text in
                    CLIPSeg.Conditional(
                        embedding: vectors[leading: row], text: text["text"]?.string,
                        wasCut: text["cut"]?.bool ?? false)
                },
                threshold: threshold.map { $0[0] }, model: archive.model)
        }
    }

    /// The one concept of a file.
    public init(contentsOf url: URL) throws {
        let all = try Self.load(contentsOf: url)
        guard all.count == 1 else {
            throw ConceptError.file(
                file: url.path, expected: "one class", found: "\(all.count); read them with Concept.load")
        }
        self = all[0]
    }
}
