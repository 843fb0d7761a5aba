import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import Testing

struct DetectionTests {
    /// One class for each of the golden's texts.
    private func concepts(_ owl: OWLViT, _ steps: OWLViTGolden.Steps) throws -> [OWLViT.Concept] {
        let embeddings = try owl.texts(steps.ids)
        return (0..<embeddings.shape[0]).map { i in
            OWLViT.Concept(
                className: "\(i)",
                texts: [OWLViT.Text(text: "\(i)", embedding: embeddings[leading: i], wasCut: false)],
                model: owl.identity)
        }
    }

    @Test(
        "without suppression and clipping, the detections are transformers'", arguments: OWLViTGolden.all,
        0..<2)
    func postProcessing(golden: OWLViTGolden, number: Int) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        let options = OWLViT.DetectOptions(threshold: 0.4, suppression: .none, clips: false)
        let found = try owl.detect(
            concepts(owl, steps), in: owl.encode(OWLViTGolden.picture(number)), options: options)
        let scores = try steps["found.\(number).scores"].array
        let (labels, boxes) = (
            try steps["found.\(number).labels"].array, try steps["found.\(number).boxes"].array
        )
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        try #require(found.count == order.count)
        for (object, i) in zip(found, order) {
            #expect(abs(object.score - scores[i]) < 1e-5 && object.className == "\(Int(labels[i]))")
            let box = [object.box.x1, object.box.y1, object.box.x2, object.box.y2]
            #expect(zip(box, boxes[4 * i..<4 * i + 4]).allSatisfy { abs($0 - Double($1)) < 1e-3 })
            #expect(object.probability == object.score && (object.objectness != nil) == (owl.version == .v2))
        }
    }

    @Test("several texts of one class count as the best of them")
    func severalTexts() throws {
        let (owl, steps) = (try OWLViTGolden.v1.model(), try OWLViTGolden.v1.steps())
        let all = try concepts(owl, steps)
        var one = all[0]
        one.texts = all.flatMap(\.texts)
        let options = OWLViT.DetectOptions(threshold: 0.4, suppression: .none)
        let scene = try owl.encode(OWLViTGolden.picture(0))
        let (separate, together) = (
            try owl.detect(all, in: scene, options: options), try owl.detect(one, in: scene, options: options)
        )
        #expect(together.map(\.score) == separate.map(\.score) && together.map(\.box) == separate.map(\.box))
        #expect(Set(together.map(\.className)) == ["0"] && together.best.count == 1)
    }

    @Test("thresholds are by class, then for all, then the concept's, then 0.1 for texts")
    func thresholds() throws {
        let (owl, steps) = (try OWLViTGolden.v2.model(), try OWLViTGolden.v2.steps())
        var two = Array(try concepts(owl, steps).prefix(2))
        let scene = try owl.encode(OWLViTGolden.picture(0))
        #expect(try owl.detect(two, in: scene).thresholds == ["0": 0.1, "1": 0.1])
        two[1].threshold = 0.7
        #expect(try owl.detect(two, in: scene).thresholds == ["0": 0.1, "1": 0.7])
        let found = try owl.detect(two, in: scene, options: .init(threshold: 0.5, thresholds: ["1": 1]))
        #expect(found.thresholds == ["0": 0.5, "1": 1])
        #expect(found.allSatisfy { $0.className == "0" && $0.score > 0.5 } && !found.isEmpty)
        // What was not found is still told.
        #expect(found.best["1"].map { $0.score <= 1 && $0.className == "1" } == true)
        for threshold in [-0.1, 1.5, Float.nan] {
            #expect(throws: OWLViTError.self) {
                try owl.detect(two, in: scene, options: .init(threshold: threshold))
            }
        }
    }

    @Test("boxes are clipped to the picture, sorted by score, and at most as many as asked for")
    func clippedSortedAndLimited() throws {
        for golden in OWLViTGolden.all {
            let (owl, steps) = (try golden.model(), try golden.steps())
            let scene = try owl.encode(OWLViTGolden.picture(0))
            let all = try concepts(owl, steps)
            let found = try owl.detect(all, in: scene, options: .init(threshold: 0))
            #expect(
                found.allSatisfy {
                    $0.box.x1 >= 0 && $0.box.y1 >= 0 && $0.box.x2 <= 97 && $0.box.y2 <= 61 && $0.box.area > 0
                })
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
            let few = try owl.detect(all, in: scene, options: .init(threshold: 0, maximumObjects: 2))
            #expect(few.objects == Array(found.prefix(2)))
        }
    }

    @Test("suppression goes by class, or by place alone")
    func suppression() throws {
        let (owl, steps) = (try OWLViTGolden.v1.model(), try OWLViTGolden.v1.steps())
        let (all, scene) = (try concepts(owl, steps), try owl.encode(OWLViTGolden.picture(0)))
        func found(_ suppression: OWLViT.DetectOptions.Suppression) throws -> [OWLViT.Detection] {
            try owl.detect(
                all, in: scene, options: .init(threshold: 0, suppression: suppression, clips: false)
            ).objects
        }
        let (none, byClass, free) = (
            try found(.none), try found(.classWise(iou: 0.3)), try found(.classFree(iou: 0.3))
        )
        #expect(none.count > byClass.count && byClass.count > free.count)
        for (i, a) in byClass.enumerated() {
            for b in byClass[..<i] where a.className == b.className { #expect(a.box.iou(b.box) <= 0.3) }
        }
        for (i, a) in free.enumerated() {
            for b in free[..<i] { #expect(a.box.iou(b.box) <= 0.3) }
        }
        // The best is never dropped, and each that was dropped overlaps a better one.
        #expect(free.first == none.first)
        for object in none where !free.contains(object) {
            #expect(free.contains { $0.score >= object.score && $0.box.iou(object.box) > 0.3 })
        }
    }

    @Test("a picture as the example gives transformers' image-guided result", arguments: OWLViTGolden.all)
    func imageGuided(golden: OWLViTGolden) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        let (example, scene) = (
            try owl.encode(OWLViTGolden.picture(1)), try owl.encode(OWLViTGolden.picture(0))
        )
        for (number, (threshold, iou)) in [(Float(0), 0.3), (0.5, 0.6), (0, 1.0)].enumerated() {
            let result = owl.imageGuided(by: example, in: scene, threshold: threshold, iou: iou)
            #expect(Float(result.patch) == (try steps["guided.index"][0]))
            expectClose(result.logits, try steps["guided.logits"].reshaped([result.logits.count]), "logits")
            let (scores, boxes) = (
                try steps["guided.\(number).scores"].array, try steps["guided.\(number).boxes"].array
            )
            try #require(result.found.count == scores.count)
            for (i, found) in result.found.enumerated() {
                #expect(abs(found.alpha - scores[i]) < 1e-5)
                let box = [found.box.x1, found.box.y1, found.box.x2, found.box.y2]
                #expect(zip(box, boxes[4 * i..<4 * i + 4]).allSatisfy { abs($0 - Double($1)) < 1e-3 })
            }
        }
    }

    @Test(
        "a whole picture learnt by the published selection finds what transformers' image-guided detection finds",
        arguments: OWLViTGolden.all)
    func publishedSelection(golden: OWLViTGolden) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        let picture = OWLViTGolden.picture(1)
        let whole = Example(picture, box: box(0, 0, Double(picture.width), Double(picture.height)))
        let concept = try owl.learn([whole], options: .init(selection: .published))
        #expect(concept.scoring == .sigmoid && concept.threshold == (golden.name == "v1" ? 0.6 : 0.9))
        let best = (try steps["guided.logits"]).sigmoid().maximum() + 1e-6
        for (number, (threshold, iou)) in [(Float(0), 0.3), (0.5, 0.6)].enumerated() {
            // transformers drops what is below a tenth of the best, and says how far above that the others
            // are.
            let options = OWLViT.DetectOptions(
                threshold: max(threshold, best * 0.1), suppression: .classFree(iou: iou), clips: false)
            let found = try owl.detect(concept, in: owl.encode(OWLViTGolden.picture(0)), options: options)
            let scores = try steps["guided.\(number).scores"].array.sorted(by: >)
            try #require(found.count == scores.count)
            #expect(zip(found, scores).allSatisfy { abs(($0.score - best * 0.1) / (best * 0.9) - $1) < 1e-4 })
        }
    }
}
