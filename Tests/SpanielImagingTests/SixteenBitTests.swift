import Foundation
import SpanielImaging
import Testing

@Suite("16-bit pictures")
struct SixteenBitTests {
    /// The gray of each pixel of a 16-bit PNG.
    func grays(_ values: [UInt16], _ transparency: Picture.Transparency = .white) throws -> [UInt8] {
        let data = Data(PNG.encode(gray16: values, width: values.count, height: 1))
        let picture = try Picture(decoding: data, name: "x", transparency: transparency)
        return (0..<values.count).map { picture.pixels[3 * $0] }
    }

    @Test("gray that was made from 8 bits looks as those did, however dark")
    func fromEight() throws {
        for eight: [UInt8] in [[0, 1, 127, 128, 254, 255], [0, 3, 60, 77], [0, 0]] {
            #expect(try grays(eight.map { UInt16($0) * 257 }) == eight)
        }
    }

    @Test("gray that uses its 16 bits is divided by 257")
    func sixteen() throws {
        #expect(try grays([0, 128, 129, 1000, 32768, 65535]) == [0, 0, 1, 4, 128, 255])
    }

    @Test("gray of 12 bits is read as 12 bits, of 10 as 10, and values that fit 8 stay as they are")
    func fewerBits() throws {
        #expect(try grays([0, 16, 2048, 4080, 4095]) == [0, 1, 128, 254, 255])
        #expect(try grays([0, 2720, 3200]) == [0, 169, 199])
        #expect(try grays([0, 512, 1023]) == [0, 128, 255])
        #expect(try grays([0, 1, 200, 255]) == [0, 1, 200, 255])
    }

    @Test("with transparency dropped gray is cut off at 255, as Pillow 13's convert(\"RGB\") does")
    func asPillow() throws {
        #expect(try grays([0, 200, 256, 40000], .dropped) == [0, 200, 255, 255])
    }

    @Test("colors keep their high byte, as in Pillow, unless they fit 12 bits")
    func colors() {
        func rgb(_ values: [UInt16]) -> [UInt8] {
            let bytes = values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
            let bitmap = Bitmap(width: values.count / 3, height: 1, color: .rgb, depth: 16, bytes: bytes)
            return Picture(bitmap, transparency: .white).pixels
        }
        #expect(rgb([0x1234, 0xFFFF, 0x00FF]) == [0x12, 0xFF, 0])
        #expect(rgb([0, 2048, 4095]) == [0, 128, 255])
        #expect(rgb([0, 2048, 4096]) == [0, 8, 16])
        #expect(rgb([0, 257, 2570]) == [0, 1, 10])
    }
}
