import Foundation
import PerSAM

/// Files that are not as they should be, and small ones that are.
enum Files {
    /// A picture with a bright square on a dark ground.
    static func picture(width: Int = 64, height: Int = 48) -> Picture {
        var pixels = [UInt8](repeating: 40, count: width * height * 3)
        for y in height / 4..<height / 2 {
            for x in width / 4..<width / 2 { pixels[(y * width + x) * 3] = 230 }
        }
        return Picture(rgb: pixels, width: width, height: height)
    }

    static var png: Data { picture().pngData() }

    static func jpeg() throws -> Data { try picture().jpegData() }

    /// The mask of `picture`'s square.
    static func mask(width: Int = 64, height: Int = 48) -> [UInt8] {
        let square = Mask(width: width, height: height) { x, y in
            (width / 4..<width / 2).contains(x) && (height / 4..<height / 2).contains(y)
        }
        return gray(square)
    }

    static func gray(_ mask: Mask) -> [UInt8] {
        PNG.encode(gray: mask.bytes(), width: mask.width, height: mask.height)
    }

    /// A PNG's first bytes with another size in its header, the checksum right.
    static func png(claimingWidth width: UInt32, height: UInt32) -> [UInt8] {
        var bytes = [UInt8](png)
        for (index, value) in [width, height].enumerated() {
            for byte in 0..<4 {
                bytes[16 + index * 4 + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(byte)))
            }
        }
        let checksum = crc(bytes[12..<29])
        for byte in 0..<4 {
            bytes[29 + byte] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32(byte)))
        }
        return bytes
    }

    static let gif: [UInt8] = Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80] + [UInt8](repeating: 0, count: 16)
    static let bmp: [UInt8] = Array("BM".utf8) + [70, 0, 0, 0] + [UInt8](repeating: 0, count: 64)

    private static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc: UInt32 = .max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
