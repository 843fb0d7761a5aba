import SpanielJSON
import Tensor
public import SpanielPlatform

/// A concept file is a safetensors file whose metadata names the classes and the model.
extension PerSAM.Concept {
    private static let format = ConceptArchive.Format(
        "spaniel-concept-2", earlier: ["spaniel-concept-1"], for: "find")

    /// Writes several concepts of one model to one file, whole or not at all; a file that is there is
    /// replaced.
    /// - Throws: `WeightsError` if the file cannot be written.
    public static func save(_ concepts: [PerSAM.Concept], to url: URL) throws {
        var tensors: [(String, Tensor)] = []
        var entries: [JSON] = []
        for (i, concept) in concepts.enumerated() {
            tensors.append(("\(i).features", Tensor.stack(concept.features)))
            if !concept.afar.isEmpty { tensors.append(("\(i).afar", Tensor.stack(concept.afar))) }
            if !concept.negatives.isEmpty {
                tensors.append(("\(i).negatives", Tensor.stack(concept.negatives)))
            }
            if let target = concept.target { tensors.append(("\(i).target", target)) }
            if let weights = concept.weights {
                tensors.append(("\(i).weights", Tensor([weights.second, weights.third], [2])))
            }
            if let original = concept.original {
                tensors.append(("\(i).original", original.embedding))
                if let weights = original.weights {
                    tensors.append(("\(i).original_weights", Tensor([weights.second, weights.third], [2])))
                }
            }
            if let taught = concept.taught {
                tensors.append(("\(i).growth", Tensor([taught.growth], [1])))
                tensors.append(("\(i).alone", Tensor([taught.alone], [1])))
                tensors += [("\(i).place", taught.place.stored), ("\(i).closer", taught.closer.stored)]
                if let other = taught.other { tensors.append(("\(i).closer_features", other.stored)) }
            }
            tensors.append(
                ("\(i).levels", Tensor([concept.background, concept.inside, concept.threshold], [3])))
            var entry: JSON = [
                "class": JSON(concept.className), "prompting": JSON(concept.prompting.rawValue),
            ]
            entry["features"] = concept.featureIdentity.map(ConceptArchive.entry)
            entries.append(entry)
        }
        try ConceptArchive.write(tensors, entries, in: Self.format, model: concepts.first?.model, to: url)
    }

    /// Writes the concept to a file, whole or not at all; a file that is there is replaced.
    /// - Throws: `WeightsError` if the file cannot be written.
    public func save(to url: URL) throws { try Self.save([self], to: url) }

    /// Reads every concept of a file.
    /// - Throws: `ConceptError.file` if the file holds no concepts for PerSAM; `WeightsError` if it is no
    ///   safetensors file.
    public static func load(contentsOf url: URL) throws -> [PerSAM.Concept] {
        let archive = try ConceptArchive(contentsOf: url, in: Self.format)
        func weights(_ key: String) throws -> MaskWeights? {
            try archive.tensor(key, [2]).map { MaskWeights(second: $0[0], third: $0[1]) }
        }
        return try archive.entries.enumerated().map { i, entry in
            guard let className = entry["class"]?.string,
                let prompting = entry["prompting"]?.string.flatMap(Prompting.init)
            else {
                throw archive.refuse("a class and a way of prompting", "damaged metadata")
            }
            guard let features = try archive.tensor("\(i).features", [nil, nil]),
                let levels = try archive.tensor("\(i).levels", [3])
            else {
                throw archive.refuse("\(i).features and \(i).levels", "not both")
            }
            let channels = features.shape[1]
            func rows(_ matrix: Tensor) -> [Tensor] { (0..<matrix.shape[0]).map { matrix[leading: $0] } }
            let vectors = rows(features)
            var concept = PerSAM.Concept(
                className: className, directions: vectors.map { $0.l2Normalized() }, features: vectors,
                negatives: try archive.tensor("\(i).negatives", [nil, channels]).map(rows) ?? [],
                background: levels[0], inside: levels[1],
                prompting: prompting, weights: try weights("\(i).weights"), threshold: levels[2],
                model: archive.model, featureIdentity: try archive.features(entry),
                target: try archive.tensor("\(i).target", [nil]))
            concept.afar = try archive.tensor("\(i).afar", [vectors.count, channels]).map(rows) ?? []
            guard (concept.target == nil) == (concept.featureIdentity == nil) else {
                throw archive.refuse("\(i).target and the features' model", "not both")
            }
            concept.taught = try archive.taught(i)
            if let embedding = try archive.tensor("\(i).original", [channels]) {
                concept.original = Original.Target(
                    embedding: embedding, feature: embedding.l2Normalized(),
                    weights: try weights("\(i).original_weights"))
            }
            return concept
        }
    }

    /// Reads the concept of a file that holds exactly one.
    /// - Throws: what `load(contentsOf:)` throws; `ConceptError.file` if the file holds several.
    public init(contentsOf url: URL) throws {
        let all = try Self.load(contentsOf: url)
        guard all.count == 1 else {
            throw ConceptError.file(
                file: url.path, expected: "one class", found: "\(all.count); read them with Concept.load")
        }
        self = all[0]
    }
}

extension ConceptArchive {
    fileprivate func taught(_ i: Int) throws -> PerSAM.Taught? {
        guard let (place, closer, growth) = try looks(i) else { return nil }
        guard let alone = try tensor("\(i).alone", [1])?[0] else {
            throw refuse("\(i).alone beside \(i).closer", "none")
        }
        return PerSAM.Taught(
            place: place, closer: closer, other: try classifier("\(i).closer_features"), growth: growth,
            alone: alone)
    }
}
