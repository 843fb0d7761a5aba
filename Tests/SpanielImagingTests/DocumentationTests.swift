import SpanielImaging
import Testing

@Suite("Examples of the documentation")
struct DocumentationTests {
    @Test("the example of Mask and of the module's page prints what it says")
    func mask() {
        var mask = Mask(width: 4, height: 3)
        mask[1, 0] = true
        mask.formUnion(Mask(box: Box(x1: 1, y1: 0, x2: 3, y2: 2), size: mask.size))
        #expect("\(mask.area) \(mask.rle.counts)" == "4 [3, 2, 1, 2, 4]")
    }

    @Test("the example of RLE prints what it says")
    func runs() throws {
        let rle = try RLE(counts: [3, 2, 1, 2, 4], size: Size(width: 4, height: 3))
        #expect("\(rle.area) \(rle.compressed)" == "4 32103")
    }

    @Test("the example of Box prints what it says")
    func box() {
        let box = Box(x1: 0, y1: 0, x2: 4, y2: 2)
        #expect("\(box.area) \(box.iou(Box(x1: 2, y1: 0, x2: 4, y2: 2)))" == "8.0 0.5")
    }

    @Test("the example of Components prints what it says")
    func components() {
        let mask = Mask(width: 5, height: 1) { x, _ in x != 2 }
        #expect("\(mask.components().map(\.area))" == "[2, 2]")
    }

    @Test("the example of polygons() prints what it says")
    func polygons() {
        let mask = Mask(box: Box(x1: 1, y1: 1, x2: 3, y2: 2), size: Size(width: 4, height: 3))
        #expect("\(mask.polygons()[0].area)" == "2.0")
    }
}
