import Foundation
import Spaniel
import Testing

@Suite("Rough masks drawn precisely")
struct RefinementTests {
    /// As coarse as CLIPSeg sees: cells of a 22nd of the picture.
    private func coarse(_ mask: Mask, cells: Int = 22) -> Mask {
        mask.resizedNearest(to: Size(width: cells, height: cells)).resizedNearest(to: mask.size)
    }

    @Test("a boot's blocky mask becomes the boot's")
    func boot() throws {
        let truth = try Materials.boot().mask
        let sam = try Materials.sam()
        let rough = coarse(truth)
        let refinement = try #require(try sam.refine(rough, in: Materials.encodedBoot()))
        #expect(refinement.isRefined)
        #expect(refinement.mask.iou(truth) > rough.iou(truth))
        #expect(abs(Double(refinement.overlap) - refinement.mask.iou(rough)) < 1e-6)
    }

    @Test("where SAM means something else, the rough mask stays")
    func stays() throws {
        let truth = try Materials.boot().mask
        let sam = try Materials.sam()
        // A checkerboard is no object: no answer is like it.
        let board = Mask(width: truth.width, height: truth.height) { x, y in (x / 16 + y / 16) % 2 == 0 }
        let refinement = try #require(try sam.refine(board, in: Materials.encodedBoot(), leastOverlap: 0.9))
        #expect(!refinement.isRefined)
        #expect(refinement.mask == board)
        #expect(refinement.overlap < 0.9)
    }

    @Test("an empty mask gives nothing")
    func empty() throws {
        let truth = try Materials.boot().mask
        let sam = try Materials.sam()
        #expect(try sam.refine(Mask(size: truth.size), in: Materials.encodedBoot()) == nil)
    }

    @Test("points lie deep inside, the deepest first, apart from each other")
    func points() throws {
        let dumbbell = Mask(width: 300, height: 100) { x, y in
            let (left, right) = (
                hypot(Double(x) - 50, Double(y) - 50), hypot(Double(x) - 240, Double(y) - 50)
            )
            return left < 40 || right < 30 || (48...52).contains(y)
        }
        let points = InnerPoints.of(dumbbell, atMost: 3)
        try #require(points.count >= 2)
        #expect(hypot(points[0].x - 50, points[0].y - 50) < 6)
        #expect(hypot(points[1].x - 240, points[1].y - 50) < 6)
        for point in points { #expect(dumbbell[Int(point.x), Int(point.y)]) }
        // The bar is no place to click: it is not half as deep.
        #expect(points.count == 2)
    }

    @Test("a single pixel, a line, a whole picture: each has its point inside")
    func smallest() {
        for mask in [
            Mask(width: 5, height: 4) { x, y in x == 4 && y == 3 }, Mask(width: 1, height: 1, filled: true),
            Mask(width: 900, height: 3) { x, y in y == 1 && x > 100 },
            Mask(width: 640, height: 480, filled: true),
        ] {
            let points = InnerPoints.of(mask, atMost: 3)
            #expect(!points.isEmpty)
            for point in points { #expect(mask[Int(point.x), Int(point.y)]) }
        }
        #expect(InnerPoints.of(Mask(width: 9, height: 9), atMost: 3).isEmpty)
    }
}
