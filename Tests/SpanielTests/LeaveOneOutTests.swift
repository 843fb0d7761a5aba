import Foundation
import Spaniel
import SpanielImaging
import Tensor
import Testing

@Suite("leaving one out")
struct LeaveOneOutTests {
    private func box(_ x: Double) -> Box { Box(x1: x, y1: 0, x2: x + 10, y2: 10) }

    /// Objects at 0, 100, 200 … with these scores, and others far from them.
    private func evidence(right: [Float], wrong: [Float] = [], missed: Int = 0) -> DetectionEvidence {
        let places = (0..<right.count + missed).map { box(Double($0) * 100) }
        return DetectionEvidence(
            found: Array(zip(places, right)) + wrong.enumerated().map { (box(5000 + 100 * Double($0)), $1) },
            labelled: places)
    }

    @Test(
        "a found box takes the labelled one it overlaps by half; what is over is wrong, what is left is missed, crowds count neither way"
    )
    func matching() {
        let matched = DetectionEvidence(
            found: [(box(1), 0.5), (box(0), 0.9), (box(40), 0.7), (box(106), 0.6), (box(200), 0.8)],
            labelled: [box(0), box(100)],
            crowds: [Box(x1: 190, y1: 0, x2: 300, y2: 20)])
        #expect(matched.right == [0.9] && matched.wrong == [0.7, 0.6, 0.5] && matched.missed == 1)
        #expect(DetectionEvidence(found: [], labelled: []).foundNothing)
    }

    @Test("the threshold is the middle of the gap at the highest F1")
    func threshold() {
        func verdict(_ pictures: [DetectionEvidence], _ usual: Float = 0.5) -> HeldOutVerdict? {
            DetectionEvidence.verdict(of: pictures, usual: usual)
        }
        #expect(
            verdict([evidence(right: [0.875]), evidence(right: [0.75], wrong: [0.25])])
                == HeldOutVerdict(threshold: 0.5, quality: 1))
        // 2 · 3 / (4 + 3) with the wrong one between them, against 2 · 2 / (2 + 3) above it.
        let mixed = verdict([evidence(right: [0.875, 0.75, 0.25], wrong: [0.5, 0.125])])
        #expect(mixed == HeldOutVerdict(threshold: 0.1875, quality: 6.0 / 7))
        // Nothing lies below: the usual one, or what is found.
        #expect(verdict([evidence(right: [0.75])])?.threshold == 0.5)
        #expect(verdict([evidence(right: [0.25])])?.threshold == 0.25)
        // Equal scores are found together or not at all.
        #expect(
            verdict([evidence(right: [0.5], wrong: [0.5, 0.5])])
                == HeldOutVerdict(threshold: 0.5, quality: 0.5))
        #expect(verdict([evidence(right: [], wrong: [0.5], missed: 2)]) == nil)
        #expect(verdict([]) == nil)
    }

    @Test("pixels: the threshold at which those of all pictures overlap most with the labelled ones")
    func pixels() {
        let labelled = Mask(width: 4, height: 1, values: [true, true, false, false])
        let sure = PixelAgreement([0.9, 0.62, 0.58, 0.1], labelled: labelled)
        #expect(PixelAgreement.verdict(of: [sure], usual: 0.3) == HeldOutVerdict(threshold: 0.6, quality: 1))
        let empty = PixelAgreement([0.7, 0, 0, 0], labelled: Mask(width: 4, height: 1))
        let both = PixelAgreement.verdict(of: [sure, empty], usual: 0.3)
        #expect(both == HeldOutVerdict(threshold: 0.6, quality: 2.0 / 3))
        #expect(PixelAgreement.verdict(of: [empty], usual: 0.3) == nil)
    }

    @Test("a picture is searched with the examples of the others alone")
    func heldOut() {
        var asked: [Int: [Int]] = [:]
        let result = LeaveOneOut(pictures: 4, pictureOfExample: [0, 0, 1, 2], usual: 0.5, budget: 0) {
            picture, examples -> DetectionEvidence? in
            asked[picture] = examples
            return evidence(right: [0.75], wrong: [0.25])
        }
        #expect(asked == [0: [2, 3], 1: [0, 1, 3], 2: [0, 1, 2], 3: [0, 1, 2, 3]])
        #expect(result.verdict?.threshold == 0.5 && result.examined == 0 && result.hurting.isEmpty)
    }

    @Test("two pictures are too few for a threshold; examples that find nothing give none either")
    func obstacles() {
        let few = LeaveOneOut(pictures: 9, pictureOfExample: [0, 1, 1], usual: 0.5) {
            _, _ -> DetectionEvidence? in
            Issue.record("a search for nothing")
            return nil
        }
        #expect(few.verdict == nil && few.obstacle == .fewPictures(2))
        let blind = LeaveOneOut(pictures: 3, pictureOfExample: [0, 1, 2], usual: 0.5) {
            _, _ -> DetectionEvidence? in
            evidence(right: [], missed: 1)
        }
        #expect(blind.verdict == nil && blind.obstacle == .nothingFound)
    }

    @Test(
        "the example that finds what is not there is named, the others are not; without time it is not looked for"
    )
    func hurting() {
        /// Example 2 takes other things for the object.
        func search(_ picture: Int, _ examples: [Int]) -> DetectionEvidence? {
            evidence(right: [0.75], wrong: examples.contains(2) ? [0.875] : [0.125])
        }
        let result = LeaveOneOut(pictures: 5, pictureOfExample: [0, 1, 2, 3], usual: 0.5, search: search)
        #expect(
            result.hurting.map(\.example) == [2] && result.hurting.map(\.quality) == [1]
                && result.examined == 4)
        // Where it is held out, nothing wrong is found: 2 · 5 / (9 + 5).
        #expect(result.verdict == HeldOutVerdict(threshold: 0.4375, quality: 10.0 / 14))
        var searches = 0
        let hasty = LeaveOneOut(pictures: 5, pictureOfExample: [0, 1, 2, 3], usual: 0.5, budget: 8) {
            searches += 1
            return search($0, $1)
        }
        #expect(
            searches == 13
                && LeaveOneOut.mostSearches(pictures: 5, pictureOfExample: [0, 1, 2, 3], budget: 8) == 13)
        #expect(LeaveOneOut.mostSearches(pictures: 5, pictureOfExample: [0, 1, 2, 3], budget: .max) == 21)
        #expect(LeaveOneOut.mostSearches(pictures: 5, pictureOfExample: [0, 1, 1], budget: .max) == 0)
        #expect(hasty.examined == 2 && hasty.hurting.isEmpty && hasty.verdict == result.verdict)
    }

    @Test("an example cut out of its picture teaches PerSAM the same")
    func cutOut() throws {
        let persam = PerSAM(try Materials.sam())
        let (picture, mask) = try Materials.boot()
        let whole = Example(picture, mask: mask)
        let cut = try persam.cutOut(whole, Materials.encodedBoot())
        let (a, b) = (try persam.learn([whole]), try persam.learn([cut]))
        #expect(
            a.features[0].array == b.features[0].array && a.background == b.background && a.inside == b.inside
        )
    }

    @Test("labelled training learns what the same examples teach, and sets a threshold between 0 and 1")
    func training() throws {
        let owl = try OWLViT(contentsOf: Materials.golden("OWLViT/v1"), precision: .float32)
        let pictures = try ["shelf.jpg", "lawn.jpg", "path.jpg"].map {
            try Picture(contentsOf: Materials.example($0))
        }
        let boxes = [Box(x1: 40, y1: 40, x2: 300, y2: 300), Box(x1: 200, y1: 100, x2: 500, y2: 400)]
        var training = LabelledTraining(DetectTrainer(owl))
        for picture in pictures {
            let regions = boxes.map { LabelledRegion(className: "thing", box: $0) }
            let outside = LabelledRegion(className: "thing", box: Box(x1: 9000, y1: 0, x2: 9100, y2: 10))
            let problems = try training.add(picture, regions + [outside]) { $0 != 1 }
            #expect(problems.count == 1 && problems.first?.object == 2)
        }
        let outcome = try training.learn("thing")
        let direct = try owl.learn(pictures.map { Example($0, box: boxes[0], class: "thing") })
        #expect(
            outcome.concept.examples.exemplars.map(\.embedding.array)
                == direct.examples.exemplars.map(\.embedding.array))
        #expect(outcome.concept.examples.midpoint == direct.examples.midpoint)
        #expect(outcome.places.map(\.picture) == [0, 1, 2] && outcome.places.map(\.object) == [0, 0, 0])
        if let threshold = outcome.concept.threshold { #expect((0...1).contains(threshold)) }
        #expect(outcome.concept.threshold == outcome.leaveOneOut.verdict?.threshold)
    }

    /// Thirty patches of a tiny OWL-ViT: an object, another thing, and small clutter that is like neither.
    private func planted(_ owl: OWLViT, _ object: Box, _ other: Box) -> OWLViT.Encoding {
        func direction(_ number: Int) -> Tensor { Tensor((0..<16).map { $0 == number ? 1 : 0 }, [16]) }
        let clutter = (0..<28).map {
            (direction(2 + $0 % 14), Box(x1: 3 * Double($0), y1: 90, x2: 3 * Double($0) + 2, y2: 92))
        }
        let patches = [(direction(0), object), (direction(1), other)] + clutter
        let side = 100.0
        let boxes = patches.flatMap {
            [$1.center.x, $1.center.y, $1.width, $1.height].map { Float($0 / side) }
        }
        let count = patches.count
        let view = OWLViT.View(
            frame: OWLViT.Frame(Box(x1: 0, y1: 0, x2: side, y2: side), isPadded: false),
            patches: OWLViT.Patches(
                features: Tensor.stack(patches.map(\.0)), embeddings: Tensor.stack(patches.map(\.0)),
                shifts: .zeros([count]),
                scales: Tensor(repeating: 10, [count]),
                boxes: Tensor(boxes, [count, 4]), objectness: nil))
        return OWLViT.Encoding(size: Size(width: 100, height: 100), preparation: .hf, tiles: 1, views: [view])
    }

    @Test(
        "detect: a label on the wrong thing is the example that hurts; without it the threshold keeps the thing out"
    )
    func wrongLabel() throws {
        let owl = try OWLViT(contentsOf: Materials.golden("OWLViT/v1"), precision: .float32)
        let trainer = DetectTrainer(owl)
        let (object, other) = (Box(x1: 10, y1: 10, x2: 30, y2: 30), Box(x1: 60, y1: 60, x2: 80, y2: 80))
        func result(_ labels: [Box]) throws -> (LeaveOneOut, OWLViT.Concept, OWLViT.Encoding) {
            let scenes = labels.map { _ in planted(owl, object, other) }
            let observations = try zip(labels, scenes).map {
                try owl.observe(.box($0), in: $1, [], OWLViT.LearnOptions())
            }
            let concept = try trainer.learn(
                "mug", Array(zip(observations, scenes).map { (observation: $0, scene: $1) }))
            let result = try LeaveOneOut(
                pictures: labels.count, pictureOfExample: Array(labels.indices),
                usual: trainer.threshold(of: concept)
            ) {
                try trainer.search(
                    concept, by: $1, of: observations, in: scenes[$0],
                    labelled: [LabelledRegion(className: "mug", box: labels[$0])])
            }
            return (result, concept, scenes[0])
        }
        let (bad, _, _) = try result([object, object, object, object, other])
        #expect(bad.hurting.map(\.example) == [4])
        // Right in four pictures; the thing in those four and the object in the fifth are not labelled: 2 · 4
        // / (9 + 5), then 2 · 4 / (5 + 5).
        #expect(
            abs((bad.verdict?.quality ?? 0) - 8.0 / 14) < 1e-9
                && abs((bad.hurting.first?.quality ?? 0) - 0.8) < 1e-9)
        var (good, concept, scene) = try result([object, object, object, object])
        #expect(good.hurting.isEmpty && good.verdict?.quality == 1)
        trainer.set(try #require(good.verdict?.threshold), of: &concept)
        let found = try owl.detect(concept, in: scene)
        #expect(found.count == 1 && found.first.map { $0.box.iou(object) > 0.99 } == true)
    }
}
