import PerSAM
import SpanielTestSupport
import Tensor
import Testing

/// Examples that are rough, tiny, or cannot be.
@Suite struct LearnTests {
    let picture = Picture(
        rgb: (0..<3 * 120 * 70).map { UInt8(truncatingIfNeeded: $0 &* 37) }, width: 120, height: 70)

    @Test(
        "a mask of one pixel is learnt from, and is more like itself than the background is",
        arguments: [(0, 0), (119, 69), (60, 35)])
    func onePixel(_ x: Int, _ y: Int) throws {
        let persam = PerSAM(try Materials.sam())
        var mask = Mask(size: picture.size)
        mask[x, y] = true
        let concept = try persam.learn([Example(picture, mask: mask)])
        let length = concept.directions[0].array.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(length - 1) <= 1e-5, "a direction of length \(length)")
        #expect(concept.background < concept.inside && concept.inside <= 1 + 1e-5)
        let findings = try persam.find(concept, in: persam.encode(picture))
        let map = try #require(findings.similarity.first)
        // Cosines; the rounding of a sum of 128 products stands above one.
        #expect(map.values.allSatisfy { abs($0) <= 1 + 1e-5 })
        for object in findings { #expect(object.score.isFinite && !object.mask.isEmpty) }
    }

    @Test("in a picture of one pixel a search ends, and what it finds is that pixel")
    func onePixelPicture() throws {
        let persam = PerSAM(try Materials.sam())
        let tiny = Picture(rgb: [1, 2, 3], width: 1, height: 1)
        let findings = try persam.find(Materials.learntBoot(), in: persam.encode(tiny))
        #expect(findings.count <= 1)
        for object in findings {
            #expect(object.mask.area == 1 && object.box == Box(x1: 0, y1: 0, x2: 1, y2: 1))
        }
        let map = try #require(findings.similarity.first)
        #expect(!map.values.isEmpty)
        // Cosines; the rounding of a sum of 128 products stands above one.
        #expect(map.values.allSatisfy { abs($0) <= 1 + 1e-5 })
    }

    @Test("a box, a point and a polygon mark the object as a mask does")
    func regions() throws {
        let persam = PerSAM(try Materials.sam())
        let boot = try Materials.scene("boot")
        let scene = try Materials.encoding("crowd")
        for example in [
            Example(boot, box: Box(x1: 195, y1: 140, x2: 455, y2: 360)),
            Example(boot, point: Point(x: 300, y: 280)),
            Example(
                boot,
                polygon: [
                    Point(x: 200, y: 150), Point(x: 300, y: 150), Point(x: 450, y: 300),
                    Point(x: 440, y: 355), Point(x: 200, y: 345),
                ]),
        ] {
            #expect(try persam.find(persam.learn([example]), in: scene).count >= 3)
        }
    }

    @Test("what cannot be an example is refused by name")
    func refusals() throws {
        let persam = PerSAM(try Materials.sam())
        func code(_ examples: [Example]) -> String? {
            do { _ = try persam.learn(examples) } catch { return (error as? any SpanielError)?.code }
            return nil
        }
        #expect(code([]) == "example.classes")
        #expect(code([Example(picture, mask: Mask(size: picture.size))]) == "mask.empty")
        #expect(code([Example(picture, mask: Mask(size: picture.size, filled: true))]) == "mask.full")
        #expect(code([Example(picture, mask: Mask(width: 70, height: 120, filled: true))]) == "mask.size")
        #expect(code([Example(picture, box: Box(x1: 500, y1: 0, x2: 600, y2: 20))]) == "example.box")
        #expect(code([Example(picture, box: Box(x1: .nan, y1: 0, x2: 50, y2: 20))]) == "example.box")
        #expect(code([Example(picture, point: Point(x: -1, y: 2))]) == "example.point")
        #expect(
            code([Example(picture, polygon: [Point(x: 1, y: 1), Point(x: 5, y: 5)])]) == "example.polygon")
        let mask = Mask(box: Box(x1: 3, y1: 3, x2: 50, y2: 50), size: picture.size)
        #expect(
            code([Example(picture, mask: mask, class: "a"), Example(picture, mask: mask, class: "b")])
                == "example.classes")
    }

    @Test("several references are each remembered, and weights are fitted in milliseconds")
    func several() throws {
        let persam = PerSAM(try Materials.sam())
        let scene = try Materials.encoding("lawn")
        let other = Example(
            try Materials.scene("crowd"), box: Box(x1: 155, y1: 240, x2: 280, y2: 415), class: "boot")
        let concept = try persam.learn([Materials.boot(), other], options: .init(fineTune: true))
        #expect(concept.directions.count == 2 && concept.weights != nil)
        #expect(try !persam.find(concept, in: scene).isEmpty)
    }
}
