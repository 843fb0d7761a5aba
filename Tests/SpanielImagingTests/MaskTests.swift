import SpanielImaging
import SpanielTestSupport
import Testing

@Suite("Masks")
struct MaskTests {
    static let samples = Mask.samples(count: 60, seed: 1)

    @Test("pixels are set and read where they are, across word boundaries")
    func pixels() {
        for width in [1, 63, 64, 65, 130] {
            var mask = Mask(width: width, height: 3)
            mask[width - 1, 1] = true
            #expect(mask.area == 1 && mask[width - 1, 1] && !mask[0, 0])
            #expect(mask.box == Box(x1: Double(width - 1), y1: 1, x2: Double(width), y2: 2))
            mask[width - 1, 1] = false
            #expect(mask == Mask(width: width, height: 3))
        }
    }

    @Test("a filled mask has every pixel and nothing past them")
    func filled() {
        for width in [1, 63, 64, 65, 128, 129] {
            let mask = Mask(width: width, height: 2, filled: true)
            #expect(mask.area == width * 2)
            #expect(mask.inverted.isEmpty)
            #expect(mask == Mask(width: width, height: 2) { _, _ in true })
        }
        #expect(Mask(width: 0, height: 0).isEmpty && Mask(width: 0, height: 5).area == 0)
        #expect(Mask(width: 5, height: 0).box == nil)
    }

    @Test("area and box agree with counting pixel by pixel")
    func areaAndBox() {
        for mask in Self.samples {
            let values = mask.values
            #expect(mask.area == values.count { $0 })
            let set = values.indices.filter { values[$0] }
            let xs = set.map { $0 % mask.width }
            let ys = set.map { $0 / mask.width }
            if set.isEmpty {
                #expect(mask.box == nil && mask.isEmpty)
            } else {
                #expect(
                    mask.box
                        == Box(
                            x1: Double(xs.min()!), y1: Double(ys.min()!), x2: Double(xs.max()! + 1),
                            y2: Double(ys.max()! + 1)))
            }
        }
    }

    @Test("union, intersection, subtraction and IoU agree with sets of pixels")
    func algebra() {
        var random = Generator(seed: 2)
        for width in [1, 64, 65, 200] {
            let a = Mask.speckle(Size(width: width, height: 11), eighths: 3, &random)
            let b = Mask.blobs(Size(width: width, height: 11), &random)
            let pairs = zip(a.values, b.values)
            #expect(a.union(b).values == pairs.map { $0 || $1 })
            #expect(a.intersection(b).values == pairs.map { $0 && $1 })
            #expect(a.subtracting(b).values == pairs.map { $0 && !$1 })
            #expect(a.inverted.values == a.values.map { !$0 })
            let shared = pairs.count { $0 && $1 }
            let either = pairs.count { $0 || $1 }
            #expect(a.intersectionArea(with: b) == shared)
            #expect(a.iou(b) == (either == 0 ? 0 : Double(shared) / Double(either)))
        }
        #expect(Mask(width: 3, height: 3).iou(Mask(width: 3, height: 3)) == 0)
    }

    @Test("rows of numbers, bytes and bands make the same mask as pixels")
    func rows() {
        for mask in Self.samples {
            let numbers: [Float] = mask.values.map { $0 ? 0.75 : 0.5 }
            #expect(Mask(width: mask.width, height: mask.height, above: 0.5, values: numbers) == mask)
            let filled = Mask(width: mask.width, height: mask.height, above: 0.5) { y, row in
                for x in 0..<mask.width { row[x] = numbers[y * mask.width + x] }
            }
            #expect(filled == mask)
            #expect(Mask(width: mask.width, height: mask.height, bytes: mask.bytes(inside: 3)) == mask)
            #expect(mask.bytes() == mask.values.map { $0 ? 255 : 0 })
            var runs = Mask(size: mask.size)
            for y in 0..<mask.height { mask.forEachRun(inRow: y) { runs.set($0, inRow: y) } }
            #expect(runs == mask)
            let top = mask.height / 3
            let bands = [0..<top, top..<mask.height].map { band in
                Mask(width: mask.width, height: band.count) { x, y in mask[x, y + band.lowerBound] }
            }
            #expect(Mask(stacking: bands) == mask)
        }
    }

    @Test("a number that is not a number is not above any threshold")
    func notANumber() {
        #expect(
            Mask(width: 3, height: 1, above: 0, values: [.nan, 1, -.infinity]).values == [false, true, false])
    }

    @Test("dilation reaches exactly its radius in every direction")
    func dilation() {
        for (i, mask) in Self.samples.enumerated() {
            let radius = [0, 1, 2, 3, 5, 8, 200][i % 7]
            let slow = Mask(width: mask.width, height: mask.height) { x, y in
                for v in max(0, y - radius)..<min(mask.height, y + radius + 1) {
                    for u in max(0, x - radius)..<min(mask.width, x + radius + 1) where mask[u, v] {
                        return true
                    }
                }
                return false
            }
            #expect(mask.dilated(by: radius) == slow, "\(mask.width)×\(mask.height) by \(radius)")
        }
    }

    @Test("a box covers the pixels whose centres it holds")
    func boxes() {
        let size = Size(width: 5, height: 4)
        #expect(Mask(box: Box(x1: 0, y1: 0, x2: 1, y2: 1), size: size).box == Box(x1: 0, y1: 0, x2: 1, y2: 1))
        #expect(
            Mask(box: Box(x1: 0.5, y1: 0.6, x2: 3.5, y2: 3.6), size: size).box
                == Box(x1: 0, y1: 1, x2: 3, y2: 4))
        #expect(Mask(box: Box(x1: -1e300, y1: -.infinity, x2: .infinity, y2: 1e300), size: size).area == 20)
        #expect(Mask(box: Box(x1: .nan, y1: 0, x2: 3, y2: 3), size: size).isEmpty)
        #expect(Mask(box: Box(x1: 3, y1: 0, x2: 1, y2: 3), size: size).isEmpty)
        #expect(Mask(box: Box(x1: 7, y1: 0, x2: 9, y2: 3), size: size).isEmpty)
    }

    @Test("a mask placed in another size keeps the pixels that fall inside")
    func placing() {
        for mask in Self.samples.prefix(20) {
            let (dx, dy) = (mask.width % 13 - 6, mask.height % 9 - 4)
            let placed = mask.placed(atX: dx, y: dy, in: Size(width: 90, height: 70))
            let slow = Mask(width: 90, height: 70) { x, y in
                let (u, v) = (x - dx, y - dy)
                return u >= 0 && v >= 0 && u < mask.width && v < mask.height && mask[u, v]
            }
            #expect(placed == slow)
        }
    }
}
