import SpanielImaging
import SpanielJSON
import Testing

@Suite("Connected parts")
struct ComponentsTests {
    @Test("parts have scipy's areas and boxes, with corners touching and without")
    func goldens() throws {
        for golden in try maskGoldens("components") {
            let mask = try golden.mask()
            for (name, connectivity) in [("four", Connectivity.four), ("eight", .eight)] {
                let expected = golden[name]!.array!.map { $0.array!.map { $0.int! } }
                let found = mask.components(connectivity).map {
                    [$0.area, Int($0.box.x1), Int($0.box.y1), Int($0.box.x2), Int($0.box.y2)]
                }
                #expect(found == expected)
            }
        }
    }

    @Test("the parts are apart and together are the mask; each pixel knows its part")
    func partition() {
        for mask in Mask.samples(count: 40, seed: 10, largest: 70) {
            for connectivity in [Connectivity.four, .eight] {
                let components = mask.components(connectivity)
                var all = Mask(size: mask.size)
                for (i, component) in components.enumerated() {
                    let part = components.mask(of: i)
                    #expect(part.area == component.area && part.box == component.box)
                    #expect(all.intersectionArea(with: part) == 0)
                    #expect(part.components(connectivity).count == 1)
                    all.formUnion(part)
                }
                #expect(all == mask)
                #expect(components.mask { _ in true } == mask)
                for y in 0..<mask.height {
                    for x in 0..<mask.width {
                        let index = components.index(atX: x, y: y)
                        #expect((index != nil) == mask[x, y])
                    }
                }
            }
        }
    }

    @Test("small holes and islands go as segment-anything lets them go")
    func smallRegions() throws {
        for golden in try maskGoldens("small-regions") {
            let mask = try golden.mask()
            let area = golden["area"]!.int!
            for (name, found) in [
                ("holes", mask.fillingHoles(below: area)), ("islands", mask.removingIslands(below: area)),
            ] {
                #expect(found.changed == golden[name]![1]!.bool!)
                #expect(found.mask.rle.compressed == golden[name]![0]!.string!, "\(name) below \(area)")
            }
        }
    }

    @Test("nearest resizing takes Pillow's pixels")
    func nearest() throws {
        for golden in try maskGoldens("nearest") {
            let (from, to) = (golden[0]!.int!, golden[1]!.int!)
            // Each bit of the positions in a mask row of its own gives the positions back.
            let bits = 12
            let ramp = Mask(width: from, height: bits) { x, y in x >> y & 1 != 0 }
            let resized = ramp.resizedNearest(to: Size(width: to, height: bits))
            let turned = ramp.transposed().resizedNearest(to: Size(width: bits, height: to))
            #expect(turned == resized.transposed())
            var total = 0
            for x in 0..<to {
                let position = (0..<bits).reduce(0) { $0 | (resized[x, $1] ? 1 << $1 : 0) }
                total = (total * 31 + position) % 1_000_000_007
            }
            #expect(total == golden[2]!.int!, "\(from) to \(to)")
        }
    }
}
