import SpanielJSON
import Tensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Concepts on disk: a safetensors file whose metadata says what was learnt with what.
extension CLIPSeg.Concept {
    package static let format = "spaniel-segment-concept-1"

    /// Writes several concepts, one file, whole or not at all.
    public static func save(_ concepts: [Self], to url: URL) throws {
        var tensors: [(String, Tensor)] = []
        var entries: [JSON] = []
        for (i, concept) in concepts.enumerated() {
            if concept.conditionals.isEmpty { throw CLIPSegError.nothingAsked }
            tensors.append(("\(i).conditionals", Tensor.stack(concept.conditionals.map(\.embedding))))
            if let threshold = concept.threshold { tensors.append(("\(i).threshold", Tensor([threshold], [1]))) }
            let texts = concept.conditionals.map { prompt -> JSON in
                prompt.text.map { ["text": JSON($0), "cut": JSON(prompt.wasCut)] } ?? .null
            }
            entries.append(["class": JSON(concept.className), "texts": .array(texts)])
        }
        let metadata = [
            "format": format, "task": "segment", "model": concepts.first?.model.name ?? "",
            "model_sha256": concepts.first?.model.sha256 ?? "", "concepts": JSON.array(entries).text(),
        ]
        try Safetensors.write(tensors, metadata: metadata, to: url)
    }

    public func save(to url: URL) throws { try Self.save([self], to: url) }

    /// Reads the concepts of a file.
    /// - Throws: `CLIPSegError.conceptFile` naming what was expected and found; `WeightsError` where it is no safetensors file.
    public static func load(contentsOf url: URL) throws -> [Self] {
        let file = try Safetensors(contentsOf: url)
        let name = file.path
        func refuse(_ expected: String, _ found: String) -> CLIPSegError { .conceptFile(file: name, expected: expected, found: found) }
        guard file.metadata["format"] == format else {
            throw refuse("a concept for segment, format \(format)", kind(file.metadata["format"]))
        }
        guard let model = file.metadata["model"], let digest = file.metadata["model_sha256"], let text = file.metadata["concepts"],
            let entries = try? JSON(parsing: Array(text.utf8)).array
        else { throw refuse("the model's name and the classes", "damaged metadata") }
        func tensor(_ key: String, rank: Int) throws -> Tensor? {
            guard let entry = file.entry(key) else { return nil }
            guard entry.shape.count == rank, entry.shape.allSatisfy({ $0 > 0 }) else {
                throw refuse("\(key) of \(rank) axes", "\(entry.shape)")
            }
            let tensor = try file.tensor(entry)
            guard tensor.array.allSatisfy(\.isFinite) else { throw refuse("finite numbers in \(key)", "others") }
            return tensor
        }
        return try entries.enumerated().map { i, entry in
            guard let className = entry["class"]?.string, let texts = entry["texts"]?.array else {
                throw refuse("a class and its texts", "damaged metadata")
            }
            guard let vectors = try tensor("\(i).conditionals", rank: 2), vectors.shape[0] == texts.count else {
                throw refuse("\(i).conditionals, one for each of \(texts.count) texts", "none, or another count")
            }
            let threshold = try tensor("\(i).threshold", rank: 1)
            if let threshold, threshold.count != 1 { throw refuse("one number in \(i).threshold", "\(threshold.count)") }
            return Self(
                className: className,
                conditionals: texts.enumerated().map { row, text in
                    CLIPSeg.Conditional(
                        embedding: vectors[leading: row], text: text["text"]?.string, wasCut: text["cut"]?.bool ?? false)
                },
                threshold: threshold.map { $0[0] }, model: (model, digest))
        }
    }

    /// What another format is.
    private static func kind(_ format: String?) -> String {
        guard let format else { return "another kind of file" }
        if format == "spaniel-concept-1" { return "a concept for find" }
        for task in ["find", "detect"] where format.hasPrefix("spaniel-\(task)-concept-") { return "a concept for \(task)" }
        return "format \(format.prefix(40))"
    }

    /// The one concept of a file.
    public init(contentsOf url: URL) throws {
        let all = try Self.load(contentsOf: url)
        guard all.count == 1 else {
            throw CLIPSegError.conceptFile(file: url.path, expected: "one class", found: "\(all.count); read them with Concept.load")
        }
        self = all[0]
    }
}
