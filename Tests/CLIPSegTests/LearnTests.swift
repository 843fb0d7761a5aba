import CLIPSeg
import Foundation
import SpanielTestSupport
import Tensor
import Testing

struct LearnTests {
    @Test("an example is cropped, blurred and darkened as the authors did", arguments: CLIPSegGolden.all)
    func support(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        let picture = try steps.picture(2)
        for i in 0..<3 {
            let values = try steps["support.\(i).mask"]
            let mask = Mask(
                width: values.shape[1], height: values.shape[0], values: values.array.map { $0 > 0 })
            let example = Example(picture, mask: mask)
            let expected = try steps["support.\(i).pixels"]
            expectClose(
                try clipseg.support(example).pixels, expected[leading: 0], "support \(i)", tolerance: 1e-6)
            expectClose(
                try clipseg.learn([example], rotations: false).embedding,
                try steps["support.\(i).conditional"][leading: 0], "prompt \(i)")
        }
    }

    @Test("a mask of the whole picture takes it as it is")
    func wholePicture() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let picture = try steps.picture(1)
        let example = Example(picture, mask: Mask(size: picture.size, filled: true))
        #expect(try clipseg.support(example).pixels.array == clipseg.preprocessing(picture).array)
        expectClose(
            try clipseg.learn([example]).embedding, try steps["conditional.picture"][leading: 0],
            "whole picture")
    }

    @Test("a box is a mask of all that lies in it, a polygon one of its inside")
    func regions() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let picture = try steps.picture(0)
        let box = Box(x1: 10, y1: 5, x2: 40, y2: 30)
        let boxed = try clipseg.learn([Example(picture, box: box)])
        let masked = try clipseg.learn([Example(picture, mask: Mask(box: box, size: picture.size))])
        let corners = [Point(x: 10, y: 5), Point(x: 40, y: 5), Point(x: 40, y: 30), Point(x: 10, y: 30)]
        let polygon = try clipseg.learn([Example(picture, polygon: corners)])
        #expect(
            boxed.embedding.array == masked.embedding.array
                && boxed.embedding.array == polygon.embedding.array)
    }

    @Test("a quarter turn goes counterclockwise, and four of them are none")
    func turns() throws {
        let clipseg = try CLIPSegGolden.plain.model()
        let picture = try CLIPSegGolden.plain.steps().picture(0)
        let support = try clipseg.support(Example(picture, mask: Mask(size: picture.size, filled: true)))
        let side = support.pixels.shape[0]
        let turned = support.rotated(1)
        #expect(
            turned[0, 0, 1] == support.pixels[0, side - 1, 1]
                && turned[side - 1, 0, 2] == support.pixels[0, 0, 2])
        #expect(support.rotated(4).array == support.pixels.array)
        #expect(support.rotated(2)[3, 5, 0] == support.pixels[side - 4, side - 6, 0])
    }

    @Test("several examples and rotations are their mean")
    func means() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let examples = try (0..<2).map {
            Example(try steps.picture($0), box: Box(x1: 2, y1: 3, x2: 25, y2: 30))
        }
        let each = try examples.map { try clipseg.learn([$0]).embedding }
        let both = try clipseg.learn(examples)
        expectClose(both.embedding, (each[0] + each[1]) / 2, "mean of two", tolerance: 1e-6)
        let support = try clipseg.support(examples[0])
        let turned = try (0..<4).map { try clipseg.prompt(pixels: support.rotated($0)).embedding }
        let rotated = try clipseg.learn([examples[0]], rotations: true)
        expectClose(rotated.embedding, Tensor.stack(turned).mean(axis: 0), "mean of turns", tolerance: 1e-6)
    }

    @Test("a region that cannot be an example's picture's is refused")
    func badRegions() throws {
        let (clipseg, picture) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps().picture(0))
        func expect(_ error: some SpanielError & Equatable, _ examples: [Example]) {
            #expect(throws: error) { try clipseg.learn(examples) }
        }
        expect(ExampleError.noExamples, [])
        let inside = Example(picture, box: Box(x1: 1, y1: 1, x2: 9, y2: 9), class: "a")
        expect(
            ExampleError.severalClasses(["a", "b"]),
            [inside, Example(picture, box: Box(x1: 1, y1: 1, x2: 9, y2: 9), class: "b")])
        expect(CLIPSegError.pointExample, [Example(picture, point: Point(x: 1, y: 1))])
        expect(ExampleError.maskEmpty, [Example(picture, mask: Mask(size: picture.size))])
        let small = Size(width: 3, height: 3)
        expect(
            ExampleError.maskSize(expected: picture.size, found: small),
            [Example(picture, mask: Mask(size: small, filled: true))])
        for box in [
            Box(x1: -9, y1: 0, x2: -1, y2: 5), Box(x1: 600, y1: 0, x2: 620, y2: 5),
            Box(x1: 5, y1: 5, x2: 5, y2: 9),
        ] {
            expect(ExampleError.boxOutside(box, picture.size), [Example(picture, box: box)])
        }
        #expect(throws: ExampleError.self) {
            try clipseg.learn([Example(picture, box: Box(x1: .nan, y1: 0, x2: 5, y2: 5))])
        }
        expect(
            ExampleError.polygonOutside(picture.size),
            [Example(picture, polygon: [Point(x: 1, y: 1), Point(x: 2, y: 2)])])
    }

    @Test("a fitted threshold is one at which the example's own mask comes out best")
    func threshold() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let picture = try steps.picture(2)
        let box = Box(x1: 4, y1: 6, x2: 20, y2: 25)
        let one = Example(picture, box: box)
        let learnt = try clipseg.learn([one], options: .init(fitsThreshold: true))
        let map = try clipseg.scores(for: learnt.conditionals[0], in: clipseg.encode(picture))
        let truth = Mask(box: box, size: picture.size)
        let overlaps = (1...19).map { map.mask(threshold: Float($0) / 20).iou(truth) }
        let reached = map.mask(threshold: try #require(learnt.threshold)).iou(truth)
        #expect(reached == overlaps.max())
        #expect(try clipseg.learn([one], options: .init()).threshold == nil)
        let two = try clipseg.learn(
            [one, Example(try steps.picture(0), box: box)],
            options: .init(rotations: true, fitsThreshold: true))
        #expect(two.threshold.map { $0 > 0 && $0 < 1 } == true && two.conditionals.count == 1)
    }
}
