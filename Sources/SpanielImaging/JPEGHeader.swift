/// The segments of a JPEG before its first scan, read with bounds checked.
///
/// It is our own because libjpeg leaves EXIF to its caller, and so that a size can be refused before any
/// memory is taken.
struct JPEGHeader {
    var width = 0
    var height = 0
    var components = 0
    var orientation = Orientation.upright

    /// Walks the segments up to the first scan.
    init(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        let exifMark = Array("Exif\0\0".utf8)
        let xmpMark = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
        var exif: [UInt8] = []
        var xmp: Orientation?
        var offset = 2
        func truncated() -> ImagingError {
            .truncated(file: name, found: "the file ends after \(bytes.count) bytes, inside its headers")
        }
        while true {
            // Libjpeg skips stray bytes between segments, and any number of fill bytes; so do we.
            while offset < bytes.count, bytes[offset] != 0xFF { offset += 1 }
            while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }
            guard offset < bytes.count else { throw truncated() }
            let marker = bytes[offset]
            offset += 1
            if marker == 0x00 || marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }
            if marker == 0xD9 { throw .corrupt(file: name, found: "a JPEG that ends before any picture") }
            guard offset <= bytes.count - 2 else { throw truncated() }
            let length = bytes.bigEndian16(at: offset)
            guard length >= 2 else {
                throw .corrupt(file: name, found: "a segment of \(length) bytes at byte \(offset)")
            }
            guard length <= bytes.count - offset else { throw truncated() }
            let data = UnsafeRawBufferPointer(rebasing: bytes[offset + 2..<offset + length])
            switch marker {
            case 0xDA:
                guard components > 0 else { throw .corrupt(file: name, found: "a JPEG scan without a frame") }
                orientation = exif.withUnsafeBytes { Orientation(exif: $0) } ?? xmp ?? .upright
                return
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: try readFrame(marker, data, name)
            case 0xE1:
                // Long EXIF is split over several segments.
                if data.starts(with: exifMark) {
                    exif += exif.isEmpty ? Array(data) : Array(data.dropFirst(exifMark.count))
                }
                if data.starts(with: xmpMark) {
                    xmp = Orientation(xmp: UnsafeRawBufferPointer(rebasing: data[xmpMark.count...]))
                }
            default: break
            }
            offset += length
        }
    }

    private mutating func readFrame(_ marker: UInt8, _ data: UnsafeRawBufferPointer, _ name: String)
        throws(ImagingError)
    {
        guard data.count >= 6, data.count >= 6 + 3 * Int(data[5]), components == 0 else {
            throw .corrupt(file: name, found: "a JPEG with a bad frame header")
        }
        guard data[0] == 8 else { throw .unsupported(file: name, found: "a JPEG of \(data[0]) bits") }
        guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(marker) else {
            throw .unsupported(
                file: name, found: "a lossless or hierarchical JPEG (frame type \(marker - 0xC0))")
        }
        height = data.bigEndian16(at: 1)
        width = data.bigEndian16(at: 3)
        components = Int(data[5])
        guard [1, 3, 4].contains(components) else {
            throw .unsupported(file: name, found: "a JPEG of \(components) components")
        }
        try Bitmap.check(width: width, height: height, side: Limits.jpegSide, name: name)
    }
}
