import Foundation
import SpanielImaging
import SpanielTestSupport
import Testing

@Suite struct EncodingTests {
    static let sizes = [
        Size(width: 1, height: 1), Size(width: 7, height: 3), Size(width: 64, height: 5),
        Size(width: 65, height: 40),
    ]

    @Test("a picture comes back from its PNG unchanged", arguments: sizes)
    func rgb(size: Size) throws {
        let picture = Picture(
            rgb: ResizeTests.formula(3 * size.width * size.height), width: size.width, height: size.height)
        #expect(try Picture(decoding: picture.pngData()) == picture)
    }

    @Test("gray, 16-bit gray and single bits come back from their PNG unchanged", arguments: sizes)
    func gray(size: Size) throws {
        let count = size.width * size.height
        let gray = ResizeTests.formula(count)
        let eight = try Bitmap(PNG.encode(gray: gray, width: size.width, height: size.height), name: "x")
        #expect(eight.bytes == gray && eight.color == .gray && eight.depth == 8)

        let wide = (0..<count).map { UInt16(truncatingIfNeeded: $0 * 40503 + 258) }
        let sixteen = try Bitmap(PNG.encode(gray16: wide, width: size.width, height: size.height), name: "x")
        #expect(sixteen.depth == 16)
        #expect(sixteen.bytes == wide.flatMap { value in withUnsafeBytes(of: value) { Array($0) } })

        let row = (size.width + 7) / 8
        let packed = ResizeTests.formula(row * size.height)
        let one = try Bitmap(PNG.encode(bits: packed, width: size.width, height: size.height), name: "x")
        #expect(one.depth == 1)
        let bits = (0..<count).map { index -> UInt8 in
            let (y, x) = index.quotientAndRemainder(dividingBy: size.width)
            return packed[y * row + x / 8] >> UInt8(7 - x % 8) & 1
        }
        #expect(one.bytes == bits)
    }

    @Test("a mask comes back from its PNG unchanged", arguments: sizes)
    func mask(size: Size) throws {
        var random = Generator(seed: 3)
        for eighths in [1, 4, 7] {
            let mask = Mask.speckle(size, eighths: eighths, &random)
            #expect(try Mask(decoding: mask.pngData()) == mask)
        }
    }

    @Test("a JPEG keeps a smooth picture, the better the higher the quality")
    func jpeg() throws {
        let size = Size(width: 65, height: 40)
        let pixels = (0..<size.width * size.height).flatMap { index -> [UInt8] in
            let (y, x) = index.quotientAndRemainder(dividingBy: size.width)
            return [UInt8(3 * x), UInt8(5 * y), UInt8(100 + x)]
        }
        let picture = Picture(rgb: pixels, width: size.width, height: size.height)
        func worst(_ quality: Int) throws -> Int {
            let decoded = try Picture(decoding: picture.jpegData(quality: quality))
            #expect(decoded.size == size)
            return zip(decoded.pixels, pixels).map { abs(Int($0) - Int($1)) }.max()!
        }
        // Rounding in color conversion, and halved color resolution on ramps of 5 a line.
        #expect(try worst(100) <= 6)
        #expect(try worst(100) <= worst(30))
        #expect(try picture.jpegData(quality: 30).count < picture.jpegData(quality: 95).count)
        #expect(try picture.jpegData().prefix(3) == Data([0xFF, 0xD8, 0xFF]))
    }

    @Test("a side too long for JPEG is an error")
    func tooLong() {
        let long = Picture(rgb: [UInt8](repeating: 9, count: 3 * 65_501), width: 65_501, height: 1)
        #expect(throws: ImagingError.sideTooLong(file: "JPEG", width: 65_501, height: 1, limit: 65_500)) {
            try long.jpegData()
        }
        #expect(throws: Never.self) { try Picture(decoding: long.pngData()) }
    }
}
