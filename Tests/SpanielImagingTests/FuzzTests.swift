import SpanielImaging
import SpanielTestSupport
import Testing

/// Damaged files decode or throw; the process survives either way.
@Suite struct FuzzTests {
    static let seeds = ImagingGolden.pictures.filter { $0 != "png-graya-all.png" }

    /// Corrects the check sums of a PNG's chunks, so that damage reaches what lies behind them.
    static func mended(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var offset = 8
        while offset + 12 <= bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - offset - 12 else { break }
            let sum = BadPictureTests.bigEndian(BadPictureTests.crc(bytes[offset + 4..<offset + 8 + length]))
            bytes.replaceSubrange(offset + 8 + length..<offset + 12 + length, with: sum)
            offset += length + 12
        }
        return bytes
    }

    static func damaged(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes[at] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &random)!
            case 3: bytes.removeSubrange(at..<min(at + Int.random(in: 1...9, using: &random), bytes.count))
            case 4: bytes.insert(contentsOf: bytes[at..<min(at + 20, bytes.count)], at: at)
            default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 1...30, using: &random)))
            }
            if bytes.isEmpty { return [0] }
        }
        return bytes
    }

    @Test("ten thousand damaged files decode or throw, never trap", arguments: 0..<4)
    func survives(part: Int) throws {
        var random = Generator(seed: UInt64(part))
        var decoded = 0
        var codes: [String: Int] = [:]
        let files = try Self.seeds.map { try ImagingGolden.bytes($0) }
        for _ in 0..<2500 {
            let seed = files.randomElement(using: &random)!
            var bytes = Self.damaged(seed, &random)
            if seed[0] == 0x89, Bool.random(using: &random) { bytes = Self.mended(bytes) }
            do throws(ImagingError) {
                // Headers may by chance claim sizes that take long to fill with gray.
                let bitmap = try Bitmap(bytes, name: "x")
                if bitmap.width * bitmap.height < 1 << 20 {
                    _ = Picture(bitmap, transparency: .white)
                    _ = Mask(bitmap)
                }
                decoded += 1
            } catch {
                codes[error.code, default: 0] += 1
            }
        }
        #expect(decoded > 100)
        #expect(codes["image.corrupt", default: 0] > 100 && codes["image.truncated", default: 0] > 100)
    }

    @Test("damaged EXIF never traps and gives an orientation or none")
    func exif() {
        var random = Generator(seed: 7)
        let block: [UInt8] = Array(
            "Exif\0\0MM\0*\0\0\0\u{8}\0\u{1}\u{1}\u{12}\0\u{3}\0\0\0\u{1}\0\u{6}\0\0\0\0\0\0".utf8)
        #expect(block.withUnsafeBytes { Orientation(exif: $0) } == .rotated90)
        for _ in 0..<20_000 {
            let bytes = Self.damaged(block, &random)
            _ = bytes.withUnsafeBytes { Orientation(exif: $0) }
            _ = bytes.withUnsafeBytes { Orientation(xmp: $0) }
        }
    }

    @Test("an EXIF directory is read up to its 64th entry")
    func longDirectory() {
        func block(_ before: Int) -> [UInt8] {
            var bytes: [UInt8] = [
                0x49, 0x49, 42, 0, 8, 0, 0, 0, UInt8((before + 1) & 255), UInt8((before + 1) >> 8),
            ]
            for _ in 0..<before { bytes += [0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0] }
            return bytes + [0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0] + [0, 0, 0, 0]
        }
        #expect(block(63).withUnsafeBytes { Orientation(exif: $0) } == .rotated270)
        #expect(block(64).withUnsafeBytes { Orientation(exif: $0) } == nil)
    }
}
