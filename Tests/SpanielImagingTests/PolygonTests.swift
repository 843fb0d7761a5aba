import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Polygons")
struct PolygonTests {
    /// Whether no corner of a ring occurs twice and every edge is upright or level and longer than nothing.
    static func isSimple(_ ring: [Point]) -> Bool {
        guard ring.count >= 4, Set(ring).count == ring.count else { return false }
        return ring.indices.allSatisfy { i in
            let (a, b) = (ring[i], ring[(i + 1) % ring.count])
            return (a.x == b.x) != (a.y == b.y)
        }
    }

    @Test(
        "a mask comes back from its polygons, whose rings are simple, turn the right way and have no needless corner"
    )
    func roundTrip() {
        for mask in Mask.samples(count: 300, seed: 6, largest: 100) {
            let polygons = mask.polygons()
            #expect(Mask(polygons: polygons, size: mask.size) == mask)
            #expect(polygons.count == mask.components(.four).count)
            #expect(polygons.reduce(0) { $0 + $1.area } == Double(mask.area))
            for polygon in polygons {
                #expect(Self.isSimple(polygon.outer) && polygon.holes.allSatisfy(Self.isSimple))
                #expect(
                    Polygon.signedArea(polygon.outer) > 0
                        && polygon.holes.allSatisfy { Polygon.signedArea($0) < 0 })
                for ring in [polygon.outer] + polygon.holes {
                    for i in ring.indices {
                        let (a, b, c) = (ring[i], ring[(i + 1) % ring.count], ring[(i + 2) % ring.count])
                        #expect(!(a.x == b.x && b.x == c.x) && !(a.y == b.y && b.y == c.y))
                    }
                }
            }
        }
    }

    @Test("each polygon is its own connected part with its own holes")
    func parts() {
        for mask in Mask.samples(count: 40, seed: 7, largest: 60) {
            let components = mask.components(.four)
            for (i, polygon) in mask.polygons().enumerated() {
                #expect(Mask(polygons: [polygon], size: mask.size) == components.mask(of: i))
            }
        }
    }

    @Test("a ring of pixels has a hole, a pinched corner makes two rings, touching corners make two parts")
    func shapes() {
        func mask(_ rows: String...) -> Mask {
            let cells = rows.map { Array($0) }
            return Mask(width: cells[0].count, height: cells.count) { x, y in cells[y][x] == "#" }
        }
        let ring = mask("###", "#.#", "###").polygons()
        #expect(
            ring.count == 1
                && ring[0].outer == [
                    Point(x: 0, y: 0), Point(x: 3, y: 0), Point(x: 3, y: 3), Point(x: 0, y: 3),
                ])
        #expect(
            ring[0].holes == [[Point(x: 1, y: 1), Point(x: 1, y: 2), Point(x: 2, y: 2), Point(x: 2, y: 1)]])
        let pinched = mask("####", "#.##", "##.#", "####").polygons()
        #expect(pinched.count == 1 && pinched[0].holes.count == 2)
        let pocket = mask("###", "#.#", "##.").polygons()
        #expect(pocket.count == 1 && pocket[0].holes.count == 1)
        let corners = mask("#.", ".#").polygons()
        #expect(corners.count == 2 && corners.allSatisfy { $0.holes.isEmpty })
        let island = mask("#####", "#...#", "#.#.#", "#...#", "#####").polygons()
        #expect(island.count == 2 && island[0].holes.count == 1 && island[1].holes.isEmpty)
        #expect(mask("...").polygons().isEmpty)
    }

    @Test("rings become the mask pycocotools makes of them, on 2500 polygons")
    func coco() throws {
        for golden in try maskGoldens("polygons") {
            let rings = golden["rings"]!.array!.map { ring in
                let values = ring.array!.map { $0.double! }
                return stride(from: 0, to: values.count, by: 2).map {
                    Point(x: values[$0], y: values[$0 + 1])
                }
            }
            let mask = Mask(polygon: rings, size: golden.maskSize)
            #expect(mask.rle.compressed == golden["counts"]!.string!, "\(rings)")
            #expect(
                RLE(polygon: rings, size: golden.maskSize).compressed == golden["counts"]!.string!, "\(rings)"
            )
        }
    }

    @Test("COCO's way and ours agree on outlines along pixel edges")
    func outlinesAsCOCO() {
        for mask in Mask.samples(count: 60, seed: 8, largest: 80) {
            let filled = Mask(polygons: mask.polygons().map { Polygon(outer: $0.outer) }, size: mask.size)
            let polygons = filled.polygons()
            #expect(polygons.allSatisfy { $0.holes.isEmpty })
            #expect(Mask(polygon: polygons.map(\.outer), size: mask.size) == filled)
        }
    }

    @Test(
        "run lengths along the outlines are the filled mask's, for parts over each other and outlines longer than the picture too"
    )
    func runsOfOutlines() {
        var random = Generator(seed: 10)
        for round in 0..<300 {
            let size = Size(
                width: .random(in: 1...90, using: &random), height: .random(in: 1...40, using: &random))
            let rings = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (0..<(round % 10 == 0 ? 200 : Int.random(in: 0...9, using: &random))).map { _ in
                    Point(x: .random(in: -40...130, using: &random), y: .random(in: -40...80, using: &random))
                }
            }
            #expect(RLE(polygon: rings, size: size) == Mask(polygon: rings, size: size).rle)
        }
    }

    @Test("a small outline in the largest picture costs next to nothing")
    func smallInLarge() {
        let size = Size(width: 13_000, height: 13_000)
        let square = [
            Point(x: 7000, y: 9000), Point(x: 7003, y: 9000), Point(x: 7003, y: 9002),
            Point(x: 7000, y: 9002),
        ]
        // Filled pixel by pixel this would take minutes.
        for _ in 0..<5000 { #expect(RLE(polygon: [square], size: size).area == 6) }
    }

    @Test("run lengths joined from any runs are those of their pixels")
    func joined() {
        let size = Size(width: 3, height: 4)
        #expect(RLE(joining: [5..<7, 0..<2, 1..<3, 7..<8, 6..<7], size: size).counts == [0, 3, 2, 3, 4])
        #expect(
            RLE(joining: [], size: size).counts == [12]
                && RLE(joining: [0..<12], size: size).counts == [0, 12])
        for mask in Mask.samples(count: 60, seed: 9, largest: 80) {
            #expect(RLE(joining: mask.rle.runs.reversed(), size: mask.size) == mask.rle)
        }
    }

    @Test("filling takes the pixels whose centres lie inside, by the even-odd rule, cut at the picture")
    func filling() {
        var random = Generator(seed: 9)
        for _ in 0..<300 {
            let size = Size(
                width: .random(in: 1...90, using: &random), height: .random(in: 1...40, using: &random))
            let rings = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                (0..<Int.random(in: 3...7, using: &random)).map { _ in
                    Point(x: .random(in: -40...130, using: &random), y: .random(in: -40...80, using: &random))
                }
            }
            let polygon = Polygon(outer: rings[0], holes: Array(rings.dropFirst()))
            let slow = Mask(width: size.width, height: size.height) { x, y in
                let (cx, cy) = (Double(x) + 0.5, Double(y) + 0.5)
                var inside = false
                for ring in rings {
                    for i in ring.indices {
                        let (a, b) = (ring[(i + ring.count - 1) % ring.count], ring[i])
                        guard (a.y <= cy) != (b.y <= cy) else { continue }
                        if a.x + (cy - a.y) * ((b.x - a.x) / (b.y - a.y)) <= cx { inside.toggle() }
                    }
                }
                return inside
            }
            #expect(Mask(polygons: [polygon], size: size) == slow)
        }
        let square = Polygon(outer: [
            Point(x: 1, y: 1), Point(x: 3, y: 1), Point(x: 3, y: 3), Point(x: 1, y: 3),
        ])
        #expect(Mask(polygons: [square, square], size: Size(width: 4, height: 4)).area == 4)
    }

    @Test("corners that are far off or no numbers do no harm")
    func hostile() {
        let size = Size(width: 70, height: 50)
        for bad in [Double.nan, .infinity, -.infinity, 1e300, -1e300, .greatestFiniteMagnitude] {
            let ring = [Point(x: 0, y: 0), Point(x: bad, y: 3), Point(x: 30, y: 40), Point(x: 2, y: bad)]
            #expect(Mask(polygon: [ring], size: size).rle == RLE(polygon: [ring], size: size))
            #expect(Mask(polygons: [Polygon(outer: ring)], size: size).size == size)
        }
        #expect(Mask(polygon: [[], [Point(x: 1, y: 1)]], size: size).isEmpty)
        #expect(Mask(polygons: [Polygon(outer: [])], size: size).isEmpty)
        #expect(
            Mask(
                polygon: [[Point(x: 0, y: 0), Point(x: 9, y: 0), Point(x: 9, y: 9)]],
                size: Size(width: 0, height: 0)
            ).isEmpty)
        #expect(
            RLE(
                polygon: [[Point(x: 0, y: 0), Point(x: 9, y: 0), Point(x: 9, y: 9)]],
                size: Size(width: 0, height: 0)
            ).area == 0)
    }
}
