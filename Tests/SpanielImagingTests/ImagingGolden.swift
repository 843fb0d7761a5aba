import Foundation
import SpanielImaging

/// The files of Tests/Goldens/Imaging.
enum ImagingGolden {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(
            path: "Goldens/Imaging")

    static let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    static let pictures = names.filter { $0.hasSuffix(".png") || $0.hasSuffix(".jpg") }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    static func lines(_ name: String) throws -> [[String]] {
        String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
    }

    /// A binary PPM with one space or newline between the numbers of its header.
    static func ppm(_ name: String) throws -> Picture {
        let all = try bytes(name)
        let header = all.prefix(while: { $0 != 0x0A })
        let numbers = String(decoding: header, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        return Picture(rgb: Array(all.dropFirst(header.count + 1)), width: numbers[0], height: numbers[1])
    }

    /// FNV-1a, 64 bits.
    static func checksum(_ bytes: [UInt8]) -> String {
        let value = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

/// Where two pictures first differ, in words; nil when they are equal.
func difference(_ found: Picture, _ expected: Picture) -> String? {
    if found.size != expected.size {
        return "\(found.width) x \(found.height) against \(expected.width) x \(expected.height)"
    }
    guard let index = found.pixels.indices.first(where: { found.pixels[$0] != expected.pixels[$0] }) else {
        return nil
    }
    let largest = zip(found.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
    let count = zip(found.pixels, expected.pixels).count { $0 != $1 }
    let (x, y) = (index / 3 % found.width, index / 3 / found.width)
    return
        "\(found.pixels[index]) against \(expected.pixels[index]) at (\(x), \(y)) channel \(index % 3); \(count) differ, by at most \(largest)"
}
