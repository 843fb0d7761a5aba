import Foundation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Run lengths")
struct RLETests {
    @Test("masks and pycocotools' text are the same both ways")
    func goldens() throws {
        for golden in try maskGoldens("rle") {
            let size = golden.maskSize
            let mask: Mask
            if let disc = golden["disc"]?.array?.map({ $0.int! }) {
                mask = Mask(width: size.width, height: size.height) { x, y in
                    (x - disc[0]) * (x - disc[0]) + (y - disc[1]) * (y - disc[1]) < disc[2] * disc[2]
                }
            } else {
                let digits = golden["bits"]!.string!.utf8.map { UInt8($0 < 58 ? $0 - 48 : $0 - 87) }
                mask = Mask(width: size.width, height: size.height) { x, y in
                    let i = y * size.width + x
                    return digits[i / 4] >> UInt8(3 - i % 4) & 1 != 0
                }
            }
            let counts = golden["counts"]!.string!
            #expect(mask.rle.compressed == counts)
            let rle = try RLE(compressed: counts, size: size)
            #expect(Mask(rle) == mask)
            #expect(rle == mask.rle && rle.area == mask.area)
        }
    }

    @Test("any mask comes back from its run lengths, listed or as text")
    func roundTrip() throws {
        for mask in Mask.samples(count: 120, seed: 3, largest: 200) {
            let rle = mask.rle
            #expect(Mask(rle) == mask)
            #expect(try RLE(compressed: rle.compressed, size: mask.size) == rle)
            #expect(try RLE(counts: rle.counts, size: mask.size) == rle)
            #expect(rle.counts.reduce(0, +) == mask.width * mask.height)
            #expect(rle.counts.dropFirst().allSatisfy { $0 > 0 })
        }
        for size in [Size(width: 0, height: 0), Size(width: 0, height: 7), Size(width: 7, height: 0)] {
            #expect(Mask(size: size).rle.counts == [0])
            #expect(Mask(Mask(size: size).rle) == Mask(size: size))
        }
    }

    @Test("turning a mask twice gives it back, and once exchanges x and y")
    func transposing() {
        for mask in Mask.samples(count: 40, seed: 4, largest: 200) {
            let turned = mask.transposed()
            #expect(turned == Mask(width: mask.height, height: mask.width) { x, y in mask[y, x] })
            #expect(turned.transposed() == mask)
        }
    }

    @Test("counts that end early leave the rest outside, as pycocotools has it; zero counts are no harm")
    func early() throws {
        let size = Size(width: 3, height: 3)
        #expect(try RLE(counts: [3, 2], size: size).counts == [3, 2, 4])
        #expect(try RLE(counts: [3, 2, 1], size: size).counts == [3, 2, 4])
        #expect(try Mask(RLE(counts: [0, 0, 2, 1], size: size)).area == 1)
        #expect(try Mask(RLE(counts: [1, 2, 0, 3], size: size)) == Mask(RLE(counts: [1, 5, 3], size: size)))
    }

    @Test("hostile run lengths are errors that name what is wrong")
    func hostile() {
        let size = Size(width: 3, height: 3)
        #expect(throws: RLEError.count(index: 1, found: 7, room: 6)) { try RLE(counts: [3, 7], size: size) }
        #expect(throws: RLEError.count(index: 0, found: -1, room: 9)) {
            try RLE(counts: [-1, 10], size: size)
        }
        #expect(throws: RLEError.count(index: 1, found: .max, room: 8)) {
            try RLE(counts: [1, .max, .max], size: size)
        }
        #expect(throws: RLEError.empty(size)) { try RLE(counts: [], size: size) }
        for bad in [
            Size(width: .max, height: 2), Size(width: -1, height: -9), Size(width: 100_000, height: 100_000),
        ] {
            #expect(throws: RLEError.size(bad)) { try RLE(counts: [4], size: bad) }
            #expect(throws: RLEError.size(bad)) { try RLE(compressed: "4", size: bad) }
        }
        #expect(throws: RLEError.character(offset: 1, found: 32)) { try RLE(compressed: "3 ", size: size) }
        #expect(throws: RLEError.character(offset: 0, found: 0xC3)) { try RLE(compressed: "é", size: size) }
        #expect(throws: RLEError.unfinished(offset: 1)) { try RLE(compressed: "3o", size: size) }
        #expect(throws: RLEError.unfinished(offset: 0)) {
            try RLE(compressed: String(repeating: "o", count: 100_000), size: size)
        }
        #expect(throws: RLEError.empty(size)) { try RLE(compressed: "", size: size) }
    }

    @Test("no text traps, whatever its bytes")
    func noise() {
        var random = Generator(seed: 5)
        for _ in 0..<20_000 {
            let text = String(
                decoding: (0..<Int.random(in: 0...20, using: &random)).map { _ in
                    UInt8.random(in: 44...115, using: &random)
                },
                as: UTF8.self)
            let size = Size(
                width: .random(in: 0...9, using: &random), height: .random(in: 0...9, using: &random))
            guard let rle = try? RLE(compressed: text, size: size) else { continue }
            #expect(rle.counts.reduce(0, +) == size.width * size.height)
            #expect(Mask(rle).area == rle.area)
        }
    }
}
