import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import Testing

struct ConceptFileTests {
    private func concepts(_ planted: Planted) -> [OWLViT.Concept] {
        let text = OWLViT.Text(text: "a \"mug\" – été", embedding: planted.direction(3), wasCut: true)
        return [
            OWLViT.Concept(
                className: "mug", texts: [text],
                examples: planted.examples(planted.direction(0), planted.direction(1)),
                negatives: planted.examples(planted.direction(2), midpoint: 0.5), threshold: 0.25,
                model: planted.model),
            OWLViT.Concept(className: "cup", texts: [text, text], model: planted.model),
        ]
    }

    @Test("concepts come back from a file as they were, and find the same")
    func roundTrip() throws {
        let (planted, scratch) = (try Planted(), try ScratchFolder())
        let saved = concepts(planted)
        try OWLViT.Concept.save(saved, to: scratch["two.concept"])
        let loaded = try OWLViT.Concept.load(contentsOf: scratch["two.concept"])
        #expect(loaded.map(\.className) == ["mug", "cup"] && loaded.map(\.threshold) == [0.25, nil])
        #expect(
            loaded.map { $0.texts.map(\.text) } == saved.map { $0.texts.map(\.text) }
                && loaded[0].texts[0].wasCut)
        #expect(
            loaded[0].examples.exemplars.map(\.embedding.array)
                == saved[0].examples.exemplars.map(\.embedding.array))
        #expect(loaded[0].examples.exemplars[0].box == box(0, 0, 1, 1) && loaded[0].negatives.midpoint == 0.5)
        #expect(loaded[0].model == planted.model && loaded[1].examples.isEmpty)
        let scene = try planted.owl.encode(OWLViTGolden.picture(0))
        let options = OWLViT.DetectOptions(threshold: 0)
        #expect(
            try planted.owl.detect(loaded, in: scene, options: options).objects
                == planted.owl.detect(saved, in: scene, options: options).objects)
        try saved[0].save(to: scratch["one.concept"])
        #expect(try OWLViT.Concept(contentsOf: scratch["one.concept"]).className == "mug")
        let error = #expect(throws: ConceptError.self) {
            try OWLViT.Concept(contentsOf: scratch["two.concept"])
        }
        #expect(error?.code == "concept.format")
    }

    @Test("a concept of another task, and a file that is none, are named as what they are")
    func otherFiles() throws {
        let scratch = try ScratchFolder()
        for (format, words) in [
            ("spaniel-concept-1", "a concept for find"),
            ("spaniel-segment-concept-1", "a concept for segment"),
            ("spaniel-detect-concept-1", "one of an earlier version"), ("else", "format else"),
            (nil, "another kind of file"),
        ] {
            try Safetensors.write(
                [("x", Tensor.zeros([1]))], metadata: format.map { ["format": $0] } ?? [:], to: scratch["x"])
            let error = #expect(throws: ConceptError.self) {
                try OWLViT.Concept.load(contentsOf: scratch["x"])
            }
            #expect(error?.description.contains("found \(words);") == true, "\(error as Any)")
        }
        try scratch.write("y", "no safetensors")
        #expect(throws: WeightsError.self) { try OWLViT.Concept.load(contentsOf: scratch["y"]) }
        #expect(throws: WeightsError.self) { try OWLViT.Concept.load(contentsOf: scratch["absent"]) }
    }

    @Test("a damaged concept file is refused, never trapped on")
    func damaged() throws {
        let (planted, scratch) = (try Planted(), try ScratchFolder())
        let url = scratch["good"]
        try OWLViT.Concept.save(concepts(planted), to: url)
        let good = try Safetensors(contentsOf: url)
        let tensors = try good.entries.map { ($0.name, try good.tensor($0)) }
        func expectRefused(
            _ change: (inout [(String, Tensor)], inout [String: String]) -> Void, _ what: String
        ) throws {
            var (damaged, metadata) = (tensors, good.metadata)
            change(&damaged, &metadata)
            try Safetensors.write(damaged, metadata: metadata, to: scratch["bad"])
            let error = #expect(throws: ConceptError.self, "\(what)") {
                try OWLViT.Concept.load(contentsOf: scratch["bad"])
            }
            #expect(error?.code == "concept.format", "\(what)")
        }
        for (name, tensor) in tensors {
            func replace(_ other: Tensor) throws {
                try expectRefused(
                    { all, _ in all[all.firstIndex { $0.0 == name }!].1 = other }, "\(name) \(other.shape)")
            }
            try replace(tensor * Float.nan)
            try replace(.zeros([7]))
            try replace(.zeros([1, 1, 1, 1]))
            if !name.hasSuffix("threshold") && !name.hasSuffix(".negatives") && !name.hasSuffix(".examples") {
                try expectRefused({ all, _ in all.removeAll { $0.0 == name } }, "without \(name)")
            }
        }
        try expectRefused(
            { all, _ in all[all.firstIndex { $0.0 == "0.threshold" }!].1 = Tensor([2], [1]) }, "threshold 2")
        for key in ["model", "model_sha256", "concepts"] {
            try expectRefused({ _, metadata in metadata[key] = nil }, "without \(key)")
        }
        for text in [
            "", "{}", "[1]", "[{}]", "[{\"class\":1,\"texts\":[]}]", "[{\"class\":\"a\",\"texts\":[1]}]",
            "[{\"class\":\"a\",\"texts\":[]}]", "[{\"class\":\"a\",\"texts\":[],\"scoring\":\"other\"}]",
            "[{\"class\":\"a\",\"texts\":[],\"scoring\":\"calibrated\"}]",
        ] {
            try expectRefused({ _, metadata in metadata["concepts"] = text }, text)
        }
    }

    @Test("a concept of another model, or with vectors that cannot be this model's, is refused")
    func otherModel() throws {
        let planted = try Planted()
        let scene = planted.encoding(planted.view([(planted.direction(0), box(0, 0, 9, 9))]))
        var concept = OWLViT.Concept(
            className: "a", examples: planted.examples(planted.direction(0)),
            model: ModelIdentity(name: "other", sha256: "abc"))
        let error = #expect(throws: ConceptError.self) { try planted.owl.detect(concept, in: scene) }
        #expect(error?.code == "concept.model" && error?.description.contains("other (abc)") == true)
        concept.model = planted.model
        concept.negatives = planted.examples(Tensor.zeros([5]))
        #expect(throws: ConceptError.channels(concept: "a", found: 5, expected: 16)) {
            try planted.owl.detect(concept, in: scene)
        }
    }
}
