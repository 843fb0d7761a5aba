import SpanielJSON
import Tensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Concepts on disk: a safetensors file whose metadata says what was learnt with what.
extension Concept {
    private static let format = "spaniel-concept-1"

    /// Writes several concepts, one file, whole or not at all.
    public static func save(_ concepts: [Concept], to url: URL) throws {
        var tensors: [(String, Tensor)] = []
        var entries: [JSON] = []
        for (i, concept) in concepts.enumerated() {
            tensors.append(("\(i).features", Tensor.stack(concept.features)))
            if !concept.negatives.isEmpty { tensors.append(("\(i).negatives", Tensor.stack(concept.negatives))) }
            if let weights = concept.weights { tensors.append(("\(i).weights", Tensor([weights.second, weights.third], [2]))) }
            if let original = concept.original {
                tensors.append(("\(i).original", original.embedding))
                if let weights = original.weights {
                    tensors.append(("\(i).original_weights", Tensor([weights.second, weights.third], [2])))
                }
            }
            tensors.append(("\(i).levels", Tensor([concept.background, concept.inside, concept.threshold], [3])))
            entries.append(["class": JSON(concept.className), "prompting": JSON(concept.prompting.rawValue)])
        }
        let metadata = [
            "format": format, "model": concepts.first?.model.name ?? "", "model_sha256": concepts.first?.model.sha256 ?? "",
            "concepts": JSON.array(entries).text(),
        ]
        try Safetensors.write(tensors, metadata: metadata, to: url)
    }

    public func save(to url: URL) throws { try Self.save([self], to: url) }

    /// Reads the concepts of a file.
    /// - Throws: `PerSAMError.conceptFile` naming what was expected and found; `WeightsError` where it is no safetensors file.
    public static func load(contentsOf url: URL) throws -> [Concept] {
        let file = try Safetensors(contentsOf: url)
        let name = file.path
        func refuse(_ expected: String, _ found: String) -> PerSAMError { .conceptFile(file: name, expected: expected, found: found) }
        guard file.metadata["format"] == format else {
            throw refuse("a concept, format \(format)", file.metadata["format"].map { "format \($0.prefix(40))" } ?? "another kind of file")
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
        func weights(_ key: String) throws -> MaskWeights? {
            try tensor(key, rank: 1).map { values in
                guard values.count == 2 else { throw refuse("two numbers in \(key)", "\(values.count)") }
                return MaskWeights(second: values[0], third: values[1])
            }
        }
        return try entries.enumerated().map { i, entry in
            guard let className = entry["class"]?.string, let prompting = entry["prompting"]?.string.flatMap(Prompting.init) else {
                throw refuse("a class and a way of prompting", "damaged metadata")
            }
            guard let features = try tensor("\(i).features", rank: 2), let levels = try tensor("\(i).levels", rank: 1), levels.count == 3
            else {
                throw refuse("\(i).features and \(i).levels", "neither, or of another shape")
            }
            let channels = features.shape[1]
            func rows(_ matrix: Tensor) throws -> [Tensor] {
                guard matrix.shape[1] == channels else { throw refuse("\(channels) channels", "\(matrix.shape[1])") }
                return (0..<matrix.shape[0]).map { matrix[leading: $0] }
            }
            let vectors = try rows(features)
            var concept = Concept(
                className: className, directions: vectors.map { $0.l2Normalized() }, features: vectors,
                negatives: try tensor("\(i).negatives", rank: 2).map(rows) ?? [], background: levels[0], inside: levels[1],
                prompting: prompting, weights: try weights("\(i).weights"), threshold: levels[2], model: (model, digest))
            if let embedding = try tensor("\(i).original", rank: 1) {
                guard embedding.count == channels else { throw refuse("\(channels) channels", "\(embedding.count)") }
                concept.original = Original.Target(
                    embedding: embedding, feature: embedding.l2Normalized(), weights: try weights("\(i).original_weights"))
            }
            return concept
        }
    }

    /// The one concept of a file.
    public init(contentsOf url: URL) throws {
        let all = try Self.load(contentsOf: url)
        guard all.count == 1 else {
            throw PerSAMError.conceptFile(file: url.path, expected: "one class", found: "\(all.count); read them with Concept.load")
        }
        self = all[0]
    }
}
