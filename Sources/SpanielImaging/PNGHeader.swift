/// The chunks of a PNG without its compressed pixels, read with bounds checked and nothing inflated.
///
/// It is our own so that the size, the orientation and a missing end are known before libpng takes any
/// memory, also where nothing is decoded.
struct PNGHeader {
    var width = 0
    var height = 0
    var depth = 0
    /// PNG's number: 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha.
    var colorType = 0
    var palette = [Bitmap.PaletteEntry](repeating: .init(), count: 256)
    var transparentColor: [UInt16]?
    var hasAlpha = false
    var orientation = Orientation.upright

    /// Walks the chunks from IHDR to IEND; a file that ends before IEND is truncated.
    init(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        var offset = ImageFormat.pngMagic.count
        var sawData = false
        var exif: Orientation?
        var xmp: Orientation?
        while true {
            guard offset <= bytes.count - 12 else {
                throw .truncated(
                    file: name,
                    found: "the file ends after \(bytes.count) bytes, before the chunk that ends a PNG")
            }
            let length = bytes.bigEndian32(at: offset)
            let kind = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
            guard length <= bytes.count - offset - 12 else {
                throw .truncated(
                    file: name,
                    found:
                        "chunk \(kind.debugDescription) at byte \(offset) of \(length) bytes in a file of \(bytes.count)"
                )
            }
            let data = UnsafeRawBufferPointer(rebasing: bytes[offset + 8..<offset + 8 + length])
            if offset == ImageFormat.pngMagic.count { try readSize(kind, data, name) }
            switch kind {
            case "PLTE":
                for (index, start) in stride(from: 0, to: min(length, 768) - 2, by: 3).enumerated() {
                    palette[index].red = data[start]
                    palette[index].green = data[start + 1]
                    palette[index].blue = data[start + 2]
                }
            case "tRNS": try readTransparency(data, name)
            case "IDAT": sawData = true
            case "eXIf": exif = Orientation(exif: data) ?? exif
            case "iTXt": xmp = Self.uncompressedXMP(data).flatMap { Orientation(xmp: $0) } ?? xmp
            default: break
            }
            if kind == "IEND" { break }
            offset += length + 12
        }
        guard sawData else { throw .corrupt(file: name, found: "a PNG without image data") }
        orientation = exif ?? xmp ?? .upright
    }

    private mutating func readSize(_ kind: String, _ data: UnsafeRawBufferPointer, _ name: String)
        throws(ImagingError)
    {
        if kind == "CgBI" {
            throw .unsupported(file: name, found: "a PNG rewritten by Xcode for iPhones (CgBI)")
        }
        guard kind == "IHDR", data.count == 13 else {
            throw .corrupt(file: name, found: "a PNG that does not start with its header")
        }
        width = data.bigEndian32(at: 0)
        height = data.bigEndian32(at: 4)
        depth = Int(data[8])
        colorType = Int(data[9])
        try Bitmap.check(width: width, height: height, side: Limits.pngSide, name: name)
        let depths: [Int: [Int]] = [
            0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
        ]
        guard depths[colorType, default: []].contains(depth) else {
            throw .corrupt(
                file: name, found: "a PNG of color type \(colorType) with \(depth) bits, which does not exist"
            )
        }
        hasAlpha = colorType == 4 || colorType == 6
    }

    private mutating func readTransparency(_ data: UnsafeRawBufferPointer, _ name: String)
        throws(ImagingError)
    {
        switch colorType {
        case 3:
            for (index, alpha) in data.prefix(256).enumerated() { palette[index].alpha = alpha }
        case 0, 2:
            let values = colorType == 0 ? 1 : 3
            guard data.count >= 2 * values else {
                throw .corrupt(file: name, found: "a tRNS chunk of \(data.count) bytes")
            }
            transparentColor = (0..<values).map { UInt16(data.bigEndian16(at: 2 * $0)) }
        default: return
        }
        hasAlpha = true
    }

    /// The text of an iTXt chunk that holds XMP, unless it is compressed.
    private static func uncompressedXMP(_ data: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let keyword = Array("XML:com.adobe.xmp\0".utf8)
        guard data.count > keyword.count, data.starts(with: keyword), data[keyword.count] == 0 else {
            return nil
        }
        return UnsafeRawBufferPointer(rebasing: data[keyword.count...])
    }
}

extension UnsafeRawBufferPointer {
    func bigEndian16(at offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }
    func bigEndian32(at offset: Int) -> Int { bigEndian16(at: offset) << 16 | bigEndian16(at: offset + 2) }
}
