import SpanielImaging
import SpanielJSON
import Tensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Concepts on disk: a safetensors file whose metadata says what was learnt with what.
extension OWLViT.Concept {
    package static let format = "spaniel-detect-concept-1"

    /// Writes several concepts, one file, whole or not at all.
    public static func save(_ concepts: [Self], to url: URL) throws {
        var tensors: [(String, Tensor)] = []
        var entries: [JSON] = []
        for (i, concept) in concepts.enumerated() {
            if !concept.texts.isEmpty { tensors.append(("\(i).texts", Tensor.stack(concept.texts.map(\.embedding)))) }
            for (name, examples) in [("examples", concept.examples), ("negatives", concept.negatives)] where !examples.isEmpty {
                let exemplars = examples.exemplars
                tensors.append(("\(i).\(name)", Tensor.stack(exemplars.map(\.embedding))))
                let places = exemplars.flatMap { [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2, $0.overlap].map { Float($0) } }
                tensors.append(("\(i).\(name)_boxes", Tensor(places, [exemplars.count, 5])))
                tensors.append(("\(i).\(name)_levels", Tensor([examples.background, examples.inside], [2])))
            }
            if let threshold = concept.threshold { tensors.append(("\(i).threshold", Tensor([threshold], [1]))) }
            let texts = concept.texts.map { JSON.object(["text": JSON($0.text), "cut": JSON($0.wasCut)]) }
            entries.append(["class": JSON(concept.className), "scoring": JSON(concept.scoring.rawValue), "texts": .array(texts)])
        }
        let metadata = [
            "format": format, "task": "detect", "model": concepts.first?.model.name ?? "",
            "model_sha256": concepts.first?.model.sha256 ?? "",
            "concepts": JSON.array(entries).text(),
        ]
        try Safetensors.write(tensors, metadata: metadata, to: url)
    }

    public func save(to url: URL) throws { try Self.save([self], to: url) }

    /// Reads the concepts of a file.
    /// - Throws: `OWLViTError.conceptFile` naming what was expected and found; `WeightsError` where it is no safetensors file.
    public static func load(contentsOf url: URL) throws -> [Self] {
        let file = try ConceptFile(contentsOf: url)
        return try file.entries.indices.map(file.concept)
    }

    /// The one concept of a file.
    public init(contentsOf url: URL) throws {
        let all = try Self.load(contentsOf: url)
        guard all.count == 1 else {
            throw OWLViTError.conceptFile(file: url.path, expected: "one class", found: "\(all.count); read them with Concept.load")
        }
        self = all[0]
    }
}

/// A concept file being read; anything may stand in it.
private struct ConceptFile {
    let file: Safetensors
    let model: (name: String, sha256: String)
    let entries: [JSON]

    init(contentsOf url: URL) throws {
        file = try Safetensors(contentsOf: url)
        let format = file.metadata["format"]
        guard format == OWLViT.Concept.format else {
            throw OWLViTError.conceptFile(
                file: file.path, expected: "a concept for detect, format \(OWLViT.Concept.format)", found: Self.kind(format))
        }
        guard let name = file.metadata["model"], let digest = file.metadata["model_sha256"], let text = file.metadata["concepts"],
            let entries = try? JSON(parsing: Array(text.utf8)).array
        else { throw OWLViTError.conceptFile(file: file.path, expected: "the model's name and the classes", found: "damaged metadata") }
        model = (name, digest)
        self.entries = entries
    }

    /// What another format is.
    private static func kind(_ format: String?) -> String {
        guard let format else { return "another kind of file" }
        if format == "spaniel-concept-1" { return "a concept for find" }
        for task in ["find", "segment"] where format.hasPrefix("spaniel-\(task)-concept-") { return "a concept for \(task)" }
        return "format \(format.prefix(40))"
    }

    func concept(_ i: Int) throws -> OWLViT.Concept {
        guard let className = entries[i]["class"]?.string, let words = entries[i]["texts"]?.array,
            let scoring = entries[i]["scoring"]?.string.flatMap(OWLViT.Scoring.init)
        else { throw refuse("a class, its texts and how it scores", "damaged metadata") }
        let vectors = try rows("\(i).texts", [nil, nil])
        guard vectors.count == words.count else { throw refuse("\(words.count) texts in \(i).texts", "\(vectors.count)") }
        let texts = try zip(words, vectors).map { word, vector in
            guard let text = word["text"]?.string, let wasCut = word["cut"]?.bool else { throw refuse("texts", "damaged metadata") }
            return OWLViT.Text(text: text, embedding: vector, wasCut: wasCut)
        }
        let threshold = try tensor("\(i).threshold", [1])?[0]
        if let threshold, !(0...1).contains(threshold) { throw refuse("a threshold from 0 to 1", "\(threshold)") }
        let concept = OWLViT.Concept(
            className: className, texts: texts, examples: try examples("\(i).examples"), negatives: try examples("\(i).negatives"),
            scoring: scoring, threshold: threshold, model: model)
        guard !concept.texts.isEmpty || !concept.examples.isEmpty else { throw refuse("texts or examples of \(className)", "neither") }
        return concept
    }

    private func examples(_ name: String) throws -> OWLViT.Examples {
        let vectors = try rows(name, [nil, nil])
        guard !vectors.isEmpty else { return .none }
        guard let places = try tensor("\(name)_boxes", [vectors.count, 5]), let levels = try tensor("\(name)_levels", [2]) else {
            throw refuse("\(name)_boxes and \(name)_levels", "not both")
        }
        let exemplars = vectors.enumerated().map { i, vector in
            let place = places[leading: i].array.map(Double.init)
            let box = Box(x1: place[0], y1: place[1], x2: place[2], y2: place[3])
            return OWLViT.Exemplar(embedding: vector, box: box, overlap: place[4])
        }
        return OWLViT.Examples(exemplars: exemplars, background: levels[0], inside: levels[1])
    }

    private func rows(_ name: String, _ shape: [Int?]) throws -> [Tensor] {
        guard let matrix = try tensor(name, shape) else { return [] }
        return (0..<matrix.shape[0]).map { matrix[leading: $0] }
    }

    /// - Parameter shape: nil stands for any extent from 1.
    private func tensor(_ name: String, _ shape: [Int?]) throws -> Tensor? {
        guard let entry = file.entry(name) else { return nil }
        guard entry.shape.count == shape.count, zip(entry.shape, shape).allSatisfy({ $0 > 0 && $0 == $1 ?? $0 }) else {
            throw refuse("\(name) \(shape.map { $0.map(String.init) ?? "any" })", "\(entry.shape)")
        }
        let tensor = try file.tensor(entry)
        guard tensor.array.allSatisfy(\.isFinite) else { throw refuse("finite numbers in \(name)", "others") }
        return tensor
    }

    private func refuse(_ expected: String, _ found: String) -> OWLViTError {
        .conceptFile(file: file.path, expected: expected, found: found)
    }
}
