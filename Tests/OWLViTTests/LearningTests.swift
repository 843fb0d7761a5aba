import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import Testing

struct LearningTests {
    @Test(
        "the published selection is the original code's, for boxes that overlap predictions and one that does not",
        arguments: OWLViTGolden.all)
    func published(golden: OWLViTGolden) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        let view = OWLViT.View(
            frame: OWLViT.Frame(box(0, 0, 1, 1), isPadded: false),
            patches: try owl.patches(of: steps.pixels(1)))
        let (boxes, indices) = (try steps["select.boxes"], try steps["select.indices"].array)
        for i in 0..<boxes.shape[0] {
            let corners = boxes[leading: i].array.map(Double.init)
            let choice = view.leastLikeTheMean(
                view.candidates(for: box(corners[0], corners[1], corners[2], corners[3])))
            #expect((choice?.patch).map(Float.init) == indices[i], "box \(i)")
        }
    }

    @Test("each selection chooses what it says")
    func selections() throws {
        let owl = try OWLViTGolden.v2.model()
        let view = try owl.encode(OWLViTGolden.picture(0)).views[0]
        let region = view.boxes[12].intersection(box(0, 0, 97, 61))
        let overlaps = view.boxes.map { $0.iou(region) }
        let best = try #require(overlaps.max())
        let near = overlaps.indices.filter { overlaps[$0] >= 0.8 * best }
        func patch(_ selection: OWLViT.Selection?) throws -> Int {
            let chosen = try owl.exemplar(of: region, in: view, [], selection)
            #expect(abs(chosen.overlap - chosen.box.iou(region)) < 1e-12)
            return try #require(view.boxes.firstIndex(of: chosen.box))
        }
        #expect(try overlaps[patch(.iou)] == best)
        let objectness = try #require(view.patches.objectness)
        #expect(try patch(.objectness) == near.max { objectness[$0] < objectness[$1] })
        // What OWLv2's authors advise is the default.
        #expect(try patch(nil) == patch(.objectness))
        #expect(try near.contains(patch(.published)))
    }

    @Test("an example with a text takes the patch the text fits best")
    func selectionByText() throws {
        let (owl, steps) = (try OWLViTGolden.v1.model(), try OWLViTGolden.v1.steps())
        let view = try owl.encode(OWLViTGolden.picture(0)).views[0]
        let region = view.boxes[14].intersection(box(0, 0, 97, 61))
        let embedding = try owl.texts(steps.ids)[leading: 1]
        let logits = view.patches.logits(embedding.reshaped([1, 16]))
        let near = view.candidates(for: region)
        let expected = try #require(near.max { logits[$0.patch, 0] < logits[$1.patch, 0] })
        let chosen = try owl.exemplar(
            of: region, in: view, [OWLViT.Text(text: "", embedding: embedding, wasCut: false)])
        #expect(chosen.box == view.boxes[expected.patch])
    }

    @Test(
        "an example is found again in its own picture, at the box that was chosen for it",
        arguments: OWLViTGolden.all)
    func again(golden: OWLViTGolden) throws {
        let owl = try golden.model()
        let picture = OWLViTGolden.picture(0)
        let concept = try owl.learn([Example(picture, box: box(20, 10, 70, 50), class: "thing")])
        let exemplar = try #require(concept.examples.exemplars.first)
        #expect(abs(exemplar.embedding.dot(exemplar.embedding) - 1) < 1e-4)
        let found = try owl.detect(
            concept, in: owl.encode(picture), options: .init(threshold: 0, suppression: .none))
        let first = try #require(found.max { ($0.similarity ?? 0) < ($1.similarity ?? 0) })
        #expect(first.className == "thing" && first.similarity.map { $0 > 0.9999 } == true)
        #expect(first.box == exemplar.box.intersection(box(0, 0, 97, 61)))
    }

    @Test(
        "by one example the model that ships finds every boot, and none where there is none",
        arguments: [("shelf", 2), ("lawn", 3), ("crowd", 5), ("path", 0)])
    func boots(_ name: String, _ count: Int) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        func picture(_ name: String) throws -> Picture {
            try Picture(contentsOf: root.appending(path: "Examples/\(name).jpg"))
        }
        let owl = try OWLViT(contentsOf: root.appending(path: "Weights/owlvit-nano"), precision: .float32)
        let mask = try Mask(contentsOf: root.appending(path: "Examples/boot-mask.png"))
        let boot = try owl.learn([Example(picture("boot"), mask: mask)])
        let found = try owl.detect(boot, in: owl.encode(picture(name)))
        #expect(found.count == count, "\(found.map(\.score))")
    }

    @Test("several examples are kept one by one, and two in one picture give what they give alone")
    func several() throws {
        let owl = try OWLViTGolden.v1.model()
        let (first, second) = (OWLViTGolden.picture(0), OWLViTGolden.picture(1))
        let examples = [
            Example(first, box: box(5, 5, 50, 40)), Example(first, box: box(40, 20, 97, 61)),
            Example(second, box: box(0, 0, 40, 90)),
        ]
        let concept = try owl.learn(examples, negatives: [Example(second, box: box(0, 0, 20, 20))])
        #expect(concept.examples.exemplars.count == 3 && concept.negatives.exemplars.count == 1)
        for (i, example) in examples.enumerated() {
            let alone = try owl.learn([example]).examples.exemplars[0]
            #expect(concept.examples.exemplars[i].embedding.array == alone.embedding.array)
        }
        // An example given twice means what it means once.
        let (once, twice) = (try owl.learn([examples[0]]), try owl.learn([examples[0], examples[0]]))
        #expect(once.examples.midpoint == twice.examples.midpoint)
    }

    @Test("a mask, a polygon and a box of one place are one example; a point takes a patch that holds it")
    func regions() throws {
        let owl = try OWLViTGolden.v2.model()
        let picture = OWLViTGolden.picture(0)
        let place = box(20, 10, 70, 50)
        let mask = Mask(width: 97, height: 61) { x, y in (20..<70).contains(x) && (10..<50).contains(y) }
        let corners = [Point(x: 20, y: 10), Point(x: 70, y: 10), Point(x: 70, y: 50), Point(x: 20, y: 50)]
        let expected = try owl.learn([Example(picture, box: place)]).examples.exemplars[0].box
        #expect(try owl.learn([Example(picture, mask: mask)]).examples.exemplars[0].box == expected)
        #expect(try owl.learn([Example(picture, polygon: corners)]).examples.exemplars[0].box == expected)
        let point = Point(x: 45, y: 30)
        let chosen = try owl.learn([Example(picture, point: point)]).examples.exemplars[0].box
        #expect(chosen.x1 <= 45 && chosen.x2 >= 45 && chosen.y1 <= 30 && chosen.y2 >= 30)
        #expect(try owl.learn([Example(picture, box: box(0, 0, 97, 61))]).examples.exemplars.count == 1)
    }

    @Test("an example that cannot be its picture's is refused with the reason")
    func refused() throws {
        let owl = try OWLViTGolden.v1.model()
        let picture = OWLViTGolden.picture(2)
        let size = picture.size
        func expect(_ error: ExampleError, _ example: Example) {
            #expect(throws: error) { try owl.learn([example]) }
        }
        for wrong in [
            box(-5, 0, -1, 5), box(17, 0, 18, 5), box(5, 5, 5, 9), box(9, 9, 2, 2), box(.nan, 0, 5, 5),
            box(0, 0, .infinity, 5),
        ] {
            let error = #expect(throws: ExampleError.self) { try owl.learn([Example(picture, box: wrong)]) }
            #expect(error?.code == "example.box" && error?.description.contains("17×23") == true)
        }
        expect(.maskEmpty, Example(picture, mask: Mask(width: 17, height: 23)))
        expect(
            .maskSize(expected: size, found: Size(width: 3, height: 3)),
            Example(picture, mask: Mask(width: 3, height: 3, filled: true)))
        expect(.pointOutside(Point(x: 18, y: 3), size), Example(picture, point: Point(x: 18, y: 3)))
        expect(.polygonOutside(size), Example(picture, polygon: [Point(x: 1, y: 1), Point(x: 4, y: 4)]))
        expect(
            .polygonOutside(size),
            Example(picture, polygon: [Point(x: 50, y: 1), Point(x: 60, y: 4), Point(x: 55, y: 9)]))
        #expect(throws: ExampleError.noExamples) { try owl.learn([]) }
        #expect(throws: ExampleError.severalClasses(["a", "b"])) {
            try owl.learn([
                Example(picture, box: box(0, 0, 5, 5), class: "b"),
                Example(picture, box: box(0, 0, 5, 5), class: "a"),
            ])
        }
        #expect(throws: OWLViTError.noObjectness(model: "v1")) {
            try owl.learn([Example(picture, box: box(0, 0, 5, 5))], options: .init(selection: .objectness))
        }
    }

    @Test("an example where the model sees nothing of that extent is refused by the selection iou only")
    func unseen() throws {
        let owl = try OWLViTGolden.v1.model()
        let view = OWLViT.View(
            frame: OWLViT.Frame(box(0, 0, 100, 100), isPadded: false),
            patches: try owl.encode(OWLViTGolden.picture(0)).views[0].patches)
        // A sliver that no prediction overlaps by 0.3.
        let sliver = box(0, 0, 100, 0.4)
        #expect(view.boxes.allSatisfy { $0.iou(sliver) < 0.3 })
        let error = #expect(throws: OWLViTError.self) { try owl.exemplar(of: sliver, in: view, [], .iou) }
        #expect(error?.code == "example.nothing" && error?.description.contains("expected 30 %") == true)
        #expect(try owl.exemplar(of: sliver, in: view).overlap < 0.3)
    }
}
