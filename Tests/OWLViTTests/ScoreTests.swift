import OWLViT
import Tensor
import Testing

struct ScoreTests {
    @Test("an example's score is the model's sigmoid, counted from the examples' midpoint")
    func examples() throws {
        let planted = try Planted()
        let (a, b) = (planted.direction(0), planted.direction(1))
        let concept = OWLViT.Concept(className: "a", examples: planted.examples(a), model: planted.model)
        let cosines: [Float] = [0.2, 0.4, 0.65, 0.75, 1]
        let scene = planted.encoding(
            planted.view(
                cosines.enumerated().map { i, c in
                    (planted.mixed(a, b, cosine: c), box(Double(20 * i), 0, Double(20 * i + 10), 9))
                }))
        let found = try planted.owl.detect(concept, in: scene, options: .init(threshold: 0))
        #expect(zip(found.map { $0.similarity ?? 0 }, cosines.reversed()).allSatisfy { abs($0 - $1) < 1e-5 })
        let expected: [Float] = [0.95257, 0.62246, 0.37754, 0.04743, 0.00669]
        #expect(zip(found.map(\.score), expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(found.map(\.score))")
        #expect(found.allSatisfy { $0.probability > 0.88 })
        #expect(try planted.owl.detect(concept, in: scene).count == 2)
    }

    @Test("where nothing is like the example, the answer is nothing, and the best place is told")
    func nothingHere() throws {
        let planted = try Planted()
        let concept = OWLViT.Concept(
            className: "a", examples: planted.examples(planted.direction(0)), model: planted.model)
        let scene = planted.encoding(
            planted.view([
                (planted.direction(1), box(0, 0, 50, 50)),
                (planted.mixed(planted.direction(0), planted.direction(2), cosine: 0.5), box(50, 50, 90, 90)),
            ]))
        let found = try planted.owl.detect(concept, in: scene)
        #expect(found.isEmpty)
        let best = try #require(found.best["a"])
        #expect(abs(best.box.x1 - 50) < 1e-4 && best.score < 0.4 && abs((best.similarity ?? 0) - 0.5) < 1e-5)
    }

    @Test("the nearest of several examples counts, not their mean")
    func severalExamples() throws {
        let planted = try Planted()
        let (front, back) = (planted.direction(0), planted.direction(1))
        let concept = OWLViT.Concept(
            className: "mug", examples: planted.examples(front, back), model: planted.model)
        let scene = planted.encoding(
            planted.view([
                (back, box(0, 0, 9, 9)), (front, box(20, 20, 29, 29)),
                (planted.direction(2), box(50, 50, 59, 59)),
            ]))
        let found = try planted.owl.detect(concept, in: scene)
        #expect(found.count == 2 && found.allSatisfy { $0.similarity.map { $0 > 0.999 } == true })
    }

    @Test("what is more like a negative than like the examples is not found")
    func negatives() throws {
        let planted = try Planted()
        let (mug, glass) = (planted.direction(0), planted.direction(1))
        let (nearMug, nearGlass) = (
            planted.mixed(mug, glass, cosine: 0.9), planted.mixed(glass, mug, cosine: 0.75)
        )
        let scene = planted.encoding(
            planted.view([(nearMug, box(0, 0, 9, 9)), (nearGlass, box(20, 20, 29, 29))]))
        var concept = OWLViT.Concept(
            className: "mug", examples: planted.examples(mug, midpoint: 5), model: planted.model)
        #expect(try planted.owl.detect(concept, in: scene).count == 2)
        concept.negatives = planted.examples(glass)
        let found = try planted.owl.detect(concept, in: scene)
        #expect(found.count == 1 && (found.first?.similarity).map { abs($0 - 0.9) < 1e-5 } == true)
    }

    @Test("what is like a negative is not taken for what a text says, unless it fits the text better still")
    func negativesOfTexts() throws {
        let planted = try Planted()
        let (word, glass) = (planted.direction(0), planted.direction(1))
        let text = OWLViT.Text(text: "mug", embedding: word, wasCut: false)
        var concept = OWLViT.Concept(className: "mug", texts: [text], model: planted.model)
        // Cosines with the text and the negative: 0.2 and 0.98, 0.98 and 0.2, 0.3 and none.
        let patches = [
            planted.mixed(word, glass, cosine: 0.2), planted.mixed(word, glass, cosine: 0.98),
            planted.mixed(word, planted.direction(2), cosine: 0.3),
        ]
        let scene = planted.encoding(
            planted.view(
                patches.enumerated().map { i, vector in
                    (vector, box(Double(20 * i), 0, Double(20 * i + 9), 9))
                }))
        #expect(try planted.owl.detect(concept, in: scene).count == 3)
        concept.negatives = planted.examples(glass, midpoint: 5)
        let found = try planted.owl.detect(concept, in: scene)
        #expect(found.map { ($0.box.x1 / 20).rounded() } == [1, 2], "\(found.map(\.box))")
        #expect(try planted.owl.detect(concept, in: scene).thresholds == ["mug": 0.1])
    }

    @Test("a class of texts and examples is found by either")
    func textsAndExamples() throws {
        let planted = try Planted()
        let (word, look) = (planted.direction(0), planted.direction(1))
        let text = OWLViT.Text(text: "mug", embedding: word, wasCut: false)
        let concept = OWLViT.Concept(
            className: "mug", texts: [text], examples: planted.examples(look, midpoint: 5),
            model: planted.model)
        let scene = planted.encoding(
            planted.view([
                (word, box(0, 0, 9, 9)), (look, box(20, 20, 29, 29)),
                (planted.direction(2) * -1, box(50, 50, 59, 59)),
            ]))
        let found = try planted.owl.detect(concept, in: scene, options: .init(threshold: 0.92))
        #expect(found.count == 2)
        // A text's 0.1 counts as an example's 0.4: so the class has one threshold.
        #expect(try planted.owl.detect(concept, in: scene).thresholds == ["mug": 0.4])
    }

    @Test("a patch of two classes goes to the one it fits best, each measured by its own threshold")
    func arbitration() throws {
        let planted = try Planted()
        let (word, look) = (planted.direction(0), planted.direction(1))
        let text = OWLViT.Text(text: "cup", embedding: word, wasCut: false)
        let cup = OWLViT.Concept(className: "cup", texts: [text], model: planted.model)
        let mug = OWLViT.Concept(
            className: "mug", examples: planted.examples(look, midpoint: 5), model: planted.model)
        for (cosine, winner) in [(Float(0.98), "mug"), (0.75, "cup")] {
            let vector = planted.mixed(look, word, cosine: cosine)
            let scene = planted.encoding(planted.view([(vector, box(0, 0, 9, 9))]))
            let found = try planted.owl.detect([cup, mug], in: scene)
            #expect(found.map(\.className) == [winner])
            #expect(found.best.keys.sorted() == ["cup", "mug"])
        }
    }

    @Test(
        "the midpoint is halfway from what is most similar beside the examples to themselves, and never below the model's own"
    )
    func midpoint() throws {
        let planted = try Planted()
        let (a, b, c) = (planted.direction(0), planted.direction(1), planted.direction(2))
        let drawn = box(10, 10, 40, 40)
        func exemplar(_ vector: Tensor) -> OWLViT.Exemplar {
            OWLViT.Exemplar(embedding: vector, box: drawn, overlap: 1)
        }
        // Twenty other things, from 0 to 0.38 alike; the object's own patches and what stands beyond the
        // picture say nothing.
        var patches = (0..<20).map { i in
            (planted.mixed(a, b, cosine: 0.02 * Float(i)), box(60, 2 * Double(i), 90, 2 * Double(i) + 30))
        }
        let other = planted.mixed(a, c, cosine: 0.8)
        patches += [
            (a, box(11, 11, 40, 40)), (planted.mixed(a, b, cosine: 0.9), box(20, 20, 30, 30)),
            (other, box(120, 0, 140, 20)),
        ]
        for (shift, expected) in [(Float(0), Float(6.8)), (-0.5, 1.8), (-0.7, 0)] {
            let view = planted.view(patches, shift: shift)
            let one = OWLViT.Examples([(view: view, region: drawn, exemplar: exemplar(a))])
            #expect(abs(one.midpoint - expected) < 1e-4)
            // A second example to which nothing is more alike than to the first.
            let two = OWLViT.Examples([a, other].map { (view: view, region: drawn, exemplar: exemplar($0)) })
            #expect(abs(two.midpoint - expected) < 1e-4)
        }
        // Where the object fills the picture, its least similar patches stand for what is beside it.
        let cosines: [Float] = [1, 0.3, 0.4, 1]
        let full = planted.view(cosines.map { (planted.mixed(a, b, cosine: $0), box(1, 1, 99, 99)) })
        let alone = OWLViT.Examples([(view: full, region: box(0, 0, 100, 100), exemplar: exemplar(a))])
        #expect(abs(alone.midpoint - 7) < 1e-4)
        #expect(OWLViT.Examples([]).isEmpty)
    }

    @Test("of two patches as similar to an example, the one that is more an object scores more")
    func logitNotCosine() throws {
        let planted = try Planted()
        let a = planted.direction(0)
        let concept = OWLViT.Concept(
            className: "a", examples: planted.examples(a, midpoint: 0), model: planted.model)
        let views = [Float(-0.5), -0.9].map { planted.view([(a, box(0, 0, 9, 9))], shift: $0) }
        let scores = try views.map {
            try planted.owl.detect(concept, in: planted.encoding($0)).first?.score ?? 0
        }
        #expect(abs(scores[0] - 0.99331) < 1e-4 && abs(scores[1] - 0.73106) < 1e-4, "\(scores)")
    }
}
