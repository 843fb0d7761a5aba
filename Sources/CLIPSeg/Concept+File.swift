import SpanielJSON
import Tensor
public import SpanielPlatform

// Concepts on disk: a safetensors file whose metadata names the classes, their texts and the model.
extension CLIPSeg.Concept {
    private static let format = ConceptArchive.Format("spaniel-segment-concept-1", for: "segment")

    /// Writes several concepts of one model to one file, which appears whole or not at all.
    /// - Throws: `CLIPSegError` for a concept without a prompt; `ConceptError` or `FileError` if the file
    ///   cannot be written.
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

    /// Writes this concept to a file, which appears whole or not at all.
    ///
    ///     try boot.save(to: URL(filePath: "boot.concept"))
    ///     let again = try CLIPSeg.Concept(contentsOf: URL(filePath: "boot.concept"))
    ///     print(again.className)  // boot
    ///
    /// - Throws: the errors of the static `save`.
    public func save(to url: URL) throws { try Self.save([self], to: url) }

    /// Reads all concepts of a file.
    /// - Throws: `ConceptError.file`, which names what was expected and found; `WeightsError` if it is no
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

    /// Reads the only concept of a file.
    /// - Throws: the errors of `load`; `ConceptError.file` if the file has several concepts.
    public init(contentsOf url: URL) throws {
        let all = try Self.load(contentsOf: url)
        guard all.count == 1 else {
            throw ConceptError.file(
                file: url.path, expected: "one class", found: "\(all.count); read them with Concept.load")
        }
        self = all[0]
    }
}
