/// What the chunks of a WebP say beside its compressed pixels, read with bounds checked.
struct WebPHeader {
    /// One picture of an animation: where it lies on the canvas, and a WebP file of it alone.
    struct Frame {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
        var hasAlpha: Bool
        var file: [UInt8]
    }

    /// The canvas, in pixels.
    var width = 0
    var height = 0
    var hasAlpha = false
    var orientation = Orientation.upright
    /// An animation's first picture; nil for a still picture.
    var first: Frame?

    private struct Chunk {
        var kind: String
        var data: UnsafeRawBufferPointer
    }

    /// Walks the chunks; a file shorter than it says is truncated.
    init(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        guard bytes.count >= 12, 8 + bytes.littleEndian32(at: 4) <= bytes.count else {
            throw .truncated(
                file: name, found: "the file ends after \(bytes.count) bytes, before the end that it names")
        }
        let content = UnsafeRawBufferPointer(rebasing: bytes[12..<max(12, 8 + bytes.littleEndian32(at: 4))])
        let chunks = Self.chunks(content)
        guard let head = chunks.first else { throw .corrupt(file: name, found: "a WebP without chunks") }
        var isAnimation = false
        if head.kind == "VP8X" {
            guard head.data.count >= 10 else {
                throw .corrupt(file: name, found: "a WebP header of \(head.data.count) bytes")
            }
            let flags = head.data[0]
            hasAlpha = flags & 0x10 != 0
            isAnimation = flags & 0x02 != 0
            width = head.data.littleEndian24(at: 4) + 1
            height = head.data.littleEndian24(at: 7) + 1
            // As libwebp does: what the flags do not announce is not there.
            let exif = chunks.first { $0.kind == "EXIF" && flags & 0x08 != 0 }
            let xmp = chunks.first { $0.kind == "XMP " && flags & 0x04 != 0 }
            orientation =
                exif.flatMap { Orientation(exif: $0.data) } ?? xmp.flatMap { Orientation(xmp: $0.data) }
                ?? .upright
        } else {
            guard let picture = Self.picture(head) else {
                throw .corrupt(
                    file: name, found: "a WebP that starts with chunk \(head.kind.debugDescription)")
            }
            (width, height, hasAlpha) = picture
        }
        try Bitmap.check(width: width, height: height, side: Limits.pngSide, name: name)
        if isAnimation {
            guard let frame = chunks.first(where: { $0.kind == "ANMF" }).flatMap({ Self.frame($0.data) }),
                frame.x + frame.width <= width, frame.y + frame.height <= height
            else { throw .corrupt(file: name, found: "an animated WebP without a first picture") }
            first = frame
            hasAlpha = hasAlpha || frame.hasAlpha
        } else {
            hasAlpha = hasAlpha || chunks.contains { $0.kind == "ALPH" }
        }
    }

    /// The chunks that lie whole in the bytes, one after another, each padded to an even length.
    private static func chunks(_ bytes: UnsafeRawBufferPointer) -> [Chunk] {
        var chunks: [Chunk] = []
        var offset = 0
        while offset <= bytes.count - 8 {
            let length = bytes.littleEndian32(at: offset + 4)
            guard length <= bytes.count - offset - 8 else { break }
            chunks.append(
                Chunk(
                    kind: String(decoding: bytes[offset..<offset + 4], as: UTF8.self),
                    data: UnsafeRawBufferPointer(rebasing: bytes[offset + 8..<offset + 8 + length])))
            offset += 8 + length + length % 2
        }
        return chunks
    }

    /// The size in the first bytes of compressed pixels, and whether they hold alpha.
    private static func picture(_ chunk: Chunk) -> (width: Int, height: Int, hasAlpha: Bool)? {
        let data = chunk.data
        switch chunk.kind {
        case "VP8 ":
            guard data.count >= 10, data[3] == 0x9D, data[4] == 0x01, data[5] == 0x2A else { return nil }
            return (data.littleEndian16(at: 6) & 0x3FFF, data.littleEndian16(at: 8) & 0x3FFF, false)
        case "VP8L":
            guard data.count >= 5, data[0] == 0x2F else { return nil }
            let bits = data.littleEndian32(at: 1)
            return (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1, bits >> 28 & 1 != 0)
        default: return nil
        }
    }

    /// The picture in an ANMF chunk, made a file of its own.
    private static func frame(_ data: UnsafeRawBufferPointer) -> Frame? {
        guard data.count >= 16 else { return nil }
        let chunks = chunks(UnsafeRawBufferPointer(rebasing: data[16...]))
        guard let pixels = chunks.first(where: { picture($0) != nil }), let picture = picture(pixels),
            picture.width == data.littleEndian24(at: 6) + 1,
            picture.height == data.littleEndian24(at: 9) + 1
        else { return nil }
        let alpha = pixels.kind == "VP8 " ? chunks.first { $0.kind == "ALPH" } : nil
        var body: [UInt8] = []
        func append(_ kind: String, _ data: some Sequence<UInt8>, count: Int) {
            body += Array(kind.utf8) + littleEndian(count) + data
            if count % 2 != 0 { body.append(0) }
        }
        if let alpha {
            let size = littleEndian(picture.width - 1).prefix(3) + littleEndian(picture.height - 1).prefix(3)
            append("VP8X", [0x10, 0, 0, 0] + size, count: 10)
            append("ALPH", alpha.data, count: alpha.data.count)
        }
        append(pixels.kind, pixels.data, count: pixels.data.count)
        return Frame(
            x: 2 * data.littleEndian24(at: 0), y: 2 * data.littleEndian24(at: 3), width: picture.width,
            height: picture.height, hasAlpha: picture.hasAlpha || alpha != nil,
            file: Array("RIFF".utf8) + littleEndian(body.count + 4) + Array("WEBP".utf8) + body)
    }

    private static func littleEndian(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

extension UnsafeRawBufferPointer {
    func littleEndian16(at offset: Int) -> Int { Int(self[offset + 1]) << 8 | Int(self[offset]) }
    func littleEndian24(at offset: Int) -> Int {
        Int(self[offset + 2]) << 16 | littleEndian16(at: offset)
    }
    func littleEndian32(at offset: Int) -> Int {
        littleEndian16(at: offset + 2) << 16 | littleEndian16(at: offset)
    }
}
