import PerSAM
import SpanielTestSupport
import Tensor
import Testing

/// Many small objects in one picture.
@Suite struct CountingTests {
    /// The example's boot, `rows` × `columns` times on plain grey, each `side` pixels wide.
    private func field(columns: Int, rows: Int, side: Int, cell: Int) throws -> (Picture, boxes: [Box]) {
        let example = try Materials.boot()
        guard case .mask(let mask) = example.region, let box = mask.box else {
            throw ExampleError.maskEmpty
        }
        let (xs, ys) = (Int(box.x1)..<Int(box.x2), Int(box.y1)..<Int(box.y2))
        let boot = example.picture.cropped(columns: xs, rows: ys)
        let outline = mask.cropped(columns: xs, rows: ys)
        let size = Size(width: side, height: side * boot.height / boot.width)
        let (small, shape) = (boot.resized(to: size), outline.resizedNearest(to: size))
        let (width, height) = (columns * cell, rows * cell)
        var pixels = [UInt8](repeating: 150, count: 3 * width * height)
        var boxes: [Box] = []
        for row in 0..<rows {
            for column in 0..<columns {
                let (left, top) = (
                    column * cell + (cell - size.width) / 2, row * cell + (cell - size.height) / 2
                )
                for y in 0..<size.height {
                    for x in 0..<size.width where shape[x, y] {
                        for c in 0..<3 {
                            pixels[3 * ((top + y) * width + left + x) + c] =
                                small.pixels[3 * (y * size.width + x) + c]
                        }
                    }
                }
                boxes.append(
                    Box(
                        x1: Double(left), y1: Double(top), x2: Double(left + size.width),
                        y2: Double(top + size.height)))
            }
        }
        return (Picture(rgb: pixels, width: width, height: height), boxes)
    }

    private func found(_ findings: PerSAM.Findings, _ boxes: [Box]) -> Int {
        boxes.count { box in findings.contains { $0.box.iou(box) > 0.5 } }
    }

    @Test("what is found vouches for the others, which are smaller than the example was")
    func vouching() throws {
        let persam = PerSAM(try Materials.sam())
        let (picture, boxes) = try field(columns: 5, rows: 4, side: 56, cell: 90)
        let findings = try persam.find(Materials.learntBoot(), in: persam.encode(picture))
        #expect(found(findings, boxes) >= 14 && findings.count <= 20)
        for (i, object) in findings.enumerated() {
            for other in findings[..<i] { #expect(object.mask.intersectionArea(with: other.mask) == 0) }
        }
    }

    @Test("tiles find what is too small in the whole picture, each object once")
    func tiles() throws {
        let persam = PerSAM(try Materials.sam())
        let (picture, boxes) = try field(columns: 12, rows: 3, side: 56, cell: 100)
        let boot = try Materials.learntBoot()
        let whole = try persam.find(boot, in: persam.encode(picture))
        let tiled = try persam.find(boot, in: persam.encode(picture, tiles: 3))
        #expect(found(tiled, boxes) >= 35 && found(whole, boxes) < found(tiled, boxes))
        #expect(tiled.count <= 36)
        #expect(tiled.map(\.score) == tiled.map(\.score).sorted(by: >))
        for object in tiled {
            #expect(object.mask.size == picture.size && object.mask.box == object.box)
        }
    }

    @Test("one tile is the whole picture; no tile, or too many, is an error")
    func counts() throws {
        let persam = PerSAM(try Materials.sam())
        let (boot, shelf) = (try Materials.learntBoot(), try Materials.scene("shelf"))
        let (whole, one) = (
            try persam.find(boot, in: Materials.encoding("shelf")),
            try persam.find(boot, in: persam.encode(shelf, tiles: 1))
        )
        #expect(whole.map(\.box) == one.map(\.box) && whole.map(\.score) == one.map(\.score))
        for wrong in [0, 17] {
            #expect(throws: PerSAMError.tiles(wrong, most: 16)) {
                try persam.encode(shelf, tiles: wrong)
            }
        }
    }

    @Test("an example that is small in its picture is learnt from further away too, and saved so")
    func afar() throws {
        let persam = PerSAM(try Materials.sam())
        let (picture, boxes) = try field(columns: 5, rows: 4, side: 56, cell: 90)
        let concept = try persam.learn([Example(picture, box: boxes[7], class: "boot")])
        #expect(concept.afar.count == 1 && concept.views.count == 2)
        let folder = try ScratchFolder()
        try concept.save(to: folder["small.concept"])
        let read = try PerSAM.Concept(contentsOf: folder["small.concept"])
        #expect(read.afar.map(\.array) == concept.afar.map(\.array))
        // A large one looks the same from there.
        let large = Box(x1: 40, y1: 40, x2: 420, y2: 330)
        #expect(try persam.learn([Example(picture, box: large)]).afar.isEmpty)
    }
}
