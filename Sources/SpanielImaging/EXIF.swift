extension Orientation {
    /// Reads the orientation from an EXIF block (a small TIFF); anything odd means that there is none.
    ///
    /// Only the first directory is read, at most 64 entries of it, and every offset is checked. It is our own
    /// because libexif would be one more library to link, for one tag.
    package init?(exif bytes: UnsafeRawBufferPointer) {
        var tiff = bytes
        for _ in 0..<2 where tiff.starts(with: Array("Exif\0\0".utf8)) {
            tiff = UnsafeRawBufferPointer(rebasing: tiff[6...])
        }
        guard tiff.count >= 8 else { return nil }
        let isLittle: Bool
        switch tiff.bigEndian16(at: 0) {
        case 0x4949: isLittle = true
        case 0x4D4D: isLittle = false
        default: return nil
        }
        func number16(_ offset: Int) -> Int {
            isLittle ? Int(UInt16(tiff.bigEndian16(at: offset)).byteSwapped) : tiff.bigEndian16(at: offset)
        }
        func number32(_ offset: Int) -> Int {
            isLittle ? number16(offset + 2) << 16 | number16(offset) : tiff.bigEndian32(at: offset)
        }

        guard number16(2) == 42 else { return nil }
        let directory = number32(4)
        guard directory <= tiff.count - 2 else { return nil }
        var found: Int?
        for entry in 0..<min(number16(directory), 64) {
            let at = directory + 2 + 12 * entry
            guard at <= tiff.count - 12 else { break }
            guard number16(at) == 0x0112, number32(at + 4) == 1 else { continue }
            switch number16(at + 2) {
            case 3, 8: found = number16(at + 8)
            case 4, 9: found = number32(at + 8)
            default: continue
            }
        }
        guard let found else { return nil }
        // A number outside 1...8 is an answer too: the picture is upright, and XMP is not read.
        self = Orientation(rawValue: found) ?? .upright
    }

    /// Reads tiff:Orientation from XMP, into which some editors move what they drop from EXIF.
    package init?(xmp text: UnsafeRawBufferPointer) {
        let key = Array("tiff:Orientation".utf8)
        var index = 0
        while index <= text.count - key.count - 2 {
            if text[index] == key[0], key.indices.allSatisfy({ text[index + $0] == key[$0] }) {
                let after = index + key.count
                var digit: Int?
                if text[after] == UInt8(ascii: ">") {
                    digit = after + 1
                } else if text[after] == UInt8(ascii: "="), text[after + 1] == UInt8(ascii: "\""),
                    after + 2 < text.count
                {
                    digit = after + 2
                }
                if let digit, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[digit]) {
                    self = Orientation(rawValue: Int(text[digit] - UInt8(ascii: "0"))) ?? .upright
                    return
                }
            }
            index += 1
        }
        return nil
    }
}
