import SpanielImaging
import SpanielJSON
import Tensor
public import SpanielPlatform

/// A concept file is a safetensors file whose metadata names the classes, their texts and the model.
extension OWLViT.Concept {
    private static let format = ConceptArchive.Format(
        "spaniel-detect-concept-4", earlier: ["spaniel-detect-concept-3", "spaniel-detect-concept-2"],
        for: "detect")

    /// Writes several concepts of one model to one file, whole or not at all; a file that is there is
    /// replaced.
    /// - Throws: `WeightsError` if the file cannot be written.
    public static func save(_ concepts: [Self], to url: URL) throws {
        var tensors: [(String, Tensor)] = []
        var entries: [JSON] = []
        for (i, concept) in concepts.enumerated() {
            if !concept.texts.isEmpty {
                tensors.append(("\(i).texts", Tensor.stack(concept.texts.map(\.embedding))))
            }
            for (name, examples) in [("examples", concept.examples), ("negatives", concept.negatives)]
            where !examples.isEmpty {
                let exemplars = examples.exemplars
                tensors.append(("\(i).\(name)", Tensor.stack(exemplars.map(\.embedding))))
                let places = exemplars.flatMap {
                    [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2, $0.overlap].map { Float($0) }
                }
                tensors.append(("\(i).\(name)_boxes", Tensor(places, [exemplars.count, 5])))
                tensors.append(("\(i).\(name)_midpoint", Tensor([examples.midpoint], [1])))
            }
            if let threshold = concept.threshold {
                tensors.append(("\(i).threshold", Tensor([threshold], [1])))
            }
            if let taught = concept.taught {
                tensors.append(("\(i).growth", Tensor([taught.growth], [1])))
                tensors += [("\(i).place", taught.place.stored), ("\(i).closer", taught.closer.stored)]
                if let other = taught.evidence?.classifier {
                    tensors.append(("\(i).closer_features", other.stored))
                }
            }
            if let evidence = concept.evidence {
                tensors.append(("\(i).looks", evidence.looks))
                tensors.append(("\(i).looks_background", Tensor([evidence.background], [1])))
            }
            let texts = concept.texts.map { JSON.object(["text": JSON($0.text), "cut": JSON($0.wasCut)]) }
            var entry: JSON = [
                "class": JSON(concept.className), "scoring": JSON(concept.scoring.rawValue),
                "texts": .array(texts),
            ]
            entry["masks"] = concept.taught.map { ConceptArchive.entry($0.masks) }
            entry["features"] = concept.featureIdentity.map(ConceptArchive.entry)
            entries.append(entry)
        }
        try ConceptArchive.write(tensors, entries, in: Self.format, model: concepts.first?.model, to: url)
    }

    /// Writes the concept to a file, whole or not at all; a file that is there is replaced.
    /// - Throws: `WeightsError` if the file cannot be written.
    public func save(to url: URL) throws { try Self.save([self], to: url) }

    /// Reads every concept of a file.
    /// - Throws: `ConceptError.file` if the file holds no concepts for OWL-ViT; `WeightsError` if it is no
    ///   safetensors file.
    public static func load(contentsOf url: URL) throws -> [Self] {
        let archive = try ConceptArchive(contentsOf: url, in: Self.format)
        return try archive.entries.indices.map(archive.concept)
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
    fileprivate func concept(_ i: Int) throws -> OWLViT.Concept {
        guard let className = entries[i]["class"]?.string, let words = entries[i]["texts"]?.array,
            let scoring = entries[i]["scoring"]?.string.flatMap(OWLViT.Scoring.init)
        else { throw refuse("a class, its texts and how it scores", "damaged metadata") }
        let vectors = try rows("\(i).texts")
        guard vectors.count == words.count else {
            throw refuse("\(words.count) texts in \(i).texts", "\(vectors.count)")
        }
        let texts = try zip(words, vectors).map { word, vector in
            guard let text = word["text"]?.string, let wasCut = word["cut"]?.bool else {
                throw refuse("texts", "damaged metadata")
            }
            return OWLViT.Text(text: text, embedding: vector, wasCut: wasCut)
        }
        let threshold = try tensor("\(i).threshold", [1])?[0]
        if let threshold, !(0...1).contains(threshold) {
            throw refuse("a threshold from 0 to 1", "\(threshold)")
        }
        var concept = OWLViT.Concept(
            className: className, texts: texts, examples: try examples("\(i).examples"),
            negatives: try examples("\(i).negatives"),
            scoring: scoring, threshold: threshold, taught: try taught(i), model: model)
        concept.evidence = try evidence(i)
        guard !concept.texts.isEmpty || !concept.examples.isEmpty else {
            throw refuse("texts or examples of \(className)", "neither")
        }
        return concept
    }

    private func taught(_ i: Int) throws -> OWLViT.Taught? {
        let masks = entries[i]["masks"]
        switch (try looks(i), masks) {
        case (let (place, closer, growth)?, let masks?):
            guard let masks = ConceptArchive.model(masks) else {
                throw refuse("the model of the masks", "damaged metadata")
            }
            return OWLViT.Taught(
                place: place, closer: closer, growth: growth,
                masks: masks,
                evidence: try classifier("\(i).closer_features").map { .init($0, try identity(i)) })
        case (nil, nil): return nil
        default: throw refuse("\(i).place, \(i).closer, \(i).growth and their model", "some of them")
        }
    }

    private func examples(_ name: String) throws -> OWLViT.Examples {
        let vectors = try rows(name)
        guard !vectors.isEmpty else { return .none }
        guard let places = try tensor("\(name)_boxes", [vectors.count, 5]),
            let midpoint = try tensor("\(name)_midpoint", [1])
        else {
            throw refuse("\(name)_boxes and \(name)_midpoint", "not both")
        }
        let exemplars = vectors.enumerated().map { i, vector in
            let place = places[leading: i].array.map(Double.init)
            let box = Box(x1: place[0], y1: place[1], x2: place[2], y2: place[3])
            return OWLViT.Exemplar(embedding: vector, box: box, overlap: place[4])
        }
        return OWLViT.Examples(exemplars: exemplars, midpoint: midpoint[0])
    }

    private func evidence(_ i: Int) throws -> OWLViT.FeatureExamples? {
        guard let looks = try tensor("\(i).looks", [nil, nil]) else { return nil }
        guard let background = try tensor("\(i).looks_background", [1])?[0] else {
            throw refuse("\(i).looks and \(i).looks_background", "not both")
        }
        return OWLViT.FeatureExamples(looks: looks, background: background, identity: try identity(i))
    }

    private func identity(_ i: Int) throws -> FeatureIdentity {
        guard let identity = try features(entries[i]) else { throw refuse("the features' model", "none") }
        return identity
    }
}
