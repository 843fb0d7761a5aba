import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import Testing

@Suite("What labelled pictures teach")
struct TaughtTests {
    /// Rows of features near some middles, transposed: [D, rows].
    private func rows(_ middles: [[Float]], each count: Int, seed: UInt64) -> (columns: Tensor, rows: Tensor)
    {
        var generator = Generator(seed: seed)
        let noise = generator.tensor([middles.count * count, middles[0].count])
        let values = noise.array.enumerated().map { index, value in
            middles[index / middles[0].count / count][index % middles[0].count] + 0.2 * value
        }
        let all = Tensor(values, noise.shape)
        return (all.transposed([1, 0]), all)
    }

    @Test("a classifier holds two views of one class apart from what lies between them; their mean cannot")
    func twoViews() {
        // Two views of one thing, and another thing whose features are the views' mean.
        let (columns, all) = rows([[1, 0, 1], [-1, 0, 1], [0, 1, 1], [0, -1, 0.2]], each: 30, seed: 7)
        let isPositive = (0..<120).map { $0 < 60 }
        // A third feature lets a plane pass between; the mean of the class is [0, 0, 1].
        let classifier = LinearClassifier(
            fitting: columns, isPositive, counts: [Float](repeating: 1, count: 120), ridge: 0.1,
            positiveWeight: 1)
        let probabilities = (0..<120).map { classifier.probability(of: all[leading: $0]) }
        let right = zip(probabilities, isPositive).count { ($0 > 0.5) == $1 }
        let cosines = matmul(
            all.l2Normalized(), Tensor([0, 0, 1], [1, 3]), transposed: true
        ).array
        // The best that any threshold on the cosine with the mean gets right.
        let byMean = cosines.map { limit in zip(cosines, isPositive).count { ($0 >= limit) == $1 } }.max()!
        #expect(right > 105 && right > byMean + 10, "\(right) and \(byMean) of 120")
    }

    private func taught(_ planted: Planted, place: [Float], closer: [Float]) -> OWLViT.Concept {
        func classifier(_ values: [Float]) -> LinearClassifier {
            LinearClassifier(
                weights: Tensor(Array(values.dropLast()), [values.count - 1]), bias: values.last!)
        }
        return OWLViT.Concept(
            className: "mug", examples: planted.examples(planted.direction(0)), threshold: 0.3,
            taught: OWLViT.Taught(
                place: classifier(place), closer: classifier(closer), growth: 1.25,
                masks: ModelIdentity(name: "sam", sha256: "12")),
            model: planted.model)
    }

    @Test("what was taught comes back from a file; a file of the version before is read without it")
    func roundTrip() throws {
        let (planted, scratch) = (try Planted(), try ScratchFolder())
        let saved = taught(planted, place: [1, 2, 3, 0.5], closer: [4, 5, -6])
        try saved.save(to: scratch["x"])
        let loaded = try OWLViT.Concept(contentsOf: scratch["x"])
        #expect(loaded.looksCloser && loaded.taught?.place.weights.array == [1, 2, 3])
        #expect(loaded.taught?.place.bias == 0.5 && loaded.taught?.closer.weights.array == [4, 5])
        #expect(loaded.taught?.closer.bias == -6 && loaded.taught?.growth == 1.25)
        #expect(loaded.taught?.masks == saved.taught?.masks)
        let file = try Safetensors(contentsOf: scratch["x"])
        let tensors = try file.entries.map { ($0.name, try file.tensor($0)) }
        func write(_ tensors: [(String, Tensor)]) throws {
            try Safetensors.write(tensors, metadata: file.metadata, to: scratch["y"])
        }
        var old = saved
        old.taught = nil
        try old.save(to: scratch["z"])
        let plain = try Safetensors(contentsOf: scratch["z"])
        var metadata = plain.metadata
        metadata["format"] = "spaniel-detect-concept-2"
        try Safetensors.write(
            plain.entries.map { ($0.name, try plain.tensor($0)) }, metadata: metadata, to: scratch["z"])
        old = try OWLViT.Concept(contentsOf: scratch["z"])
        #expect(!old.looksCloser && old.threshold == 0.3 && old.examples.exemplars.count == 1)
        for name in ["0.place", "0.closer", "0.growth"] {
            try write(tensors.filter { $0.0 != name })
            #expect(throws: ConceptError.self) { try OWLViT.Concept(contentsOf: scratch["y"]) }
            for wrong in [Tensor([-1], [1]), Tensor([.nan, 1], [2]), .zeros([2, 2])] {
                try write(tensors.map { ($0.0, $0.0 == name ? wrong : $0.1) })
                #expect(throws: ConceptError.self) { try OWLViT.Concept(contentsOf: scratch["y"]) }
            }
        }
    }

    @Test("what other features say comes back from a file, with whose they are")
    func features() throws {
        let (planted, scratch) = (try Planted(), try ScratchFolder())
        let identity = FeatureIdentity(model: ModelIdentity(name: "dino", sha256: "34"), settings: "layer 9")
        var saved = taught(planted, place: [1, 2, 3, 0.5], closer: [4, 5, -6])
        let classifier = LinearClassifier(weights: Tensor([7, 8, 9], [3]), bias: 2)
        saved.taught = saved.taught.map {
            OWLViT.Taught(
                place: $0.place, closer: $0.closer, growth: $0.growth, masks: $0.masks,
                evidence: .init(classifier, identity))
        }
        saved.evidence = OWLViT.FeatureExamples(
            looks: Tensor([1, 0, 0.6, 0.8], [2, 2]), background: 0.25, identity: identity)
        try saved.save(to: scratch["x"])
        let loaded = try OWLViT.Concept(contentsOf: scratch["x"])
        #expect(loaded.featureIdentity == identity)
        #expect(loaded.taught?.evidence?.classifier.weights.array == [7, 8, 9])
        #expect(loaded.taught?.evidence?.classifier.bias == 2 && loaded.evidence?.background == 0.25)
        #expect(loaded.evidence?.looks.array == [1, 0, 0.6, 0.8])
        // Halfway from the background to an example is a half.
        #expect(loaded.evidence?.likeness(Tensor([1, 0], [2])) == 1)
        let half = try #require(loaded.evidence?.likeness(Tensor([0.625, -0.78], [2])))
        #expect(abs(half - 0.5) < 1e-6)
        let file = try Safetensors(contentsOf: scratch["x"])
        for missing in ["0.looks_background", "0.closer"] {
            let tensors = try file.entries.filter { $0.name != missing }.map {
                ($0.name, try file.tensor($0))
            }
            try Safetensors.write(tensors, metadata: file.metadata, to: scratch["y"])
            #expect(throws: ConceptError.self) { try OWLViT.Concept(contentsOf: scratch["y"]) }
        }
    }

    @Test("what cannot be this model's is refused")
    func channels() throws {
        let planted = try Planted()
        let channels = planted.owl.configuration.channels
        let scene = planted.encoding(planted.view([(planted.direction(0), box(0, 0, 9, 9))]))
        let fits = [Float](repeating: 0, count: channels + 1)
        let twice = [Float](repeating: 0, count: 2 * channels + 1)
        for (place, closer) in [(twice, twice), (fits, fits)] {
            #expect(throws: ConceptError.self) {
                try planted.owl.detect(taught(planted, place: place, closer: closer), in: scene)
            }
        }
        #expect(try !planted.owl.detect(taught(planted, place: fits, closer: twice), in: scene).best.isEmpty)
    }

    @Test("places are the likeliest boxes of any class, each once, cut to the picture")
    func places() throws {
        let planted = try Planted()
        let view = planted.view([
            (planted.direction(0), box(10, 10, 30, 30)), (planted.direction(0) * 0.9, box(11, 11, 31, 31)),
            (planted.direction(1), box(80, 80, 140, 120)), (planted.direction(2), box(40, 40, 60, 60)),
            (planted.direction(0) * 3, box(200, 200, 260, 220)),
        ])
        let classifiers = [(0, 2), (1, 4)].map { direction, factor in
            LinearClassifier(weights: planted.direction(direction) * Float(factor), bias: -1)
        }
        let places = planted.owl.places(by: classifiers, in: planted.encoding(view))
        // The planted shares are float32.
        let expected = [box(80, 80, 100, 100), box(10, 10, 30, 30), box(40, 40, 60, 60)]
        #expect(places.count == 3)
        for (place, box) in zip(places, expected) { #expect(place.box.iou(box) > 0.999) }
        #expect(places.map(\.logits) == [[-1, 3], [1, -1], [-1, -1]])
        #expect(planted.owl.places(by: classifiers, in: planted.encoding(view), atMost: 1).count == 1)
    }
}
