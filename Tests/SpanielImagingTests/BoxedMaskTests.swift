import SpanielImaging
import SpanielTestSupport
import Testing

/// Masks that keep only what lies around their pixels, against whole ones.
@Suite struct BoxedMaskTests {
    /// A mask with pixels in one part of it.
    private func mask(_ size: Size, in box: Box, _ generator: inout Generator) -> Mask {
        Mask(width: size.width, height: size.height) { x, y in
            box.x1 <= Double(x) && Double(x) < box.x2 && box.y1 <= Double(y) && Double(y) < box.y2
                && Bool.random(using: &generator)
        }
    }

    @Test(
        "a boxed mask counts, meets and subtracts as the whole one does",
        arguments: [Size(width: 1, height: 1), Size(width: 64, height: 5), Size(width: 203, height: 97)])
    func algebra(_ size: Size) {
        var generator = Generator(seed: 5)
        for _ in 0..<20 {
            func part() -> Box {
                func edge(_ length: Int) -> Double {
                    Double.random(in: 0...Double(length), using: &generator)
                }
                let (x, y) = ([edge(size.width), edge(size.width)], [edge(size.height), edge(size.height)])
                return Box(x1: x.min()!, y1: y.min()!, x2: x.max()!, y2: y.max()!)
            }
            let (a, b) = (mask(size, in: part(), &generator), mask(size, in: part(), &generator))
            var (first, second) = (BoxedMask(a), BoxedMask(b))
            #expect(first.mask == a && first.area == a.area && first.box == a.box)
            #expect(first.intersectionArea(with: second) == a.intersectionArea(with: b))
            first.subtract(second)
            #expect(first.mask == a.subtracting(b) && first.box == a.subtracting(b).box)
            second.subtract(second)
            #expect(second.area == 0 && second.box == nil && second.mask.isEmpty)
        }
    }

    @Test("a part of a picture lies where it was cut")
    func part() {
        let size = Size(width: 150, height: 40)
        var generator = Generator(seed: 6)
        let whole = mask(size, in: Box(x1: 70, y1: 10, x2: 100, y2: 35), &generator)
        let part = whole.cropped(columns: 66..<140, rows: 8..<38)
        #expect(BoxedMask(part, x: 66, y: 8, in: size) == BoxedMask(whole))
    }
}
