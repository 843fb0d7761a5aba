#if !canImport(ImageIO)
    import CSpanielFormats
#endif

/// Reading HEIC and AVIF through libheif, which turns and mirrors as the file says: EXIF's orientation, which
/// repeats it, is not looked at.
enum HEIF {
    /// Refuses a file that ends inside one of its outermost boxes, or before the one that describes it.
    static func checkBoxes(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        var offset = 0
        var isDescribed = false
        while offset < bytes.count {
            var length = 0
            var header = 8
            if offset <= bytes.count - 8 {
                length = bytes.bigEndian32(at: offset)
                if length == 0 { return }  // up to the end of the file
                if length == 1 {
                    header = 16
                    length =
                        offset <= bytes.count - 16 && bytes.bigEndian32(at: offset + 8) < 1 << 30
                        ? bytes.bigEndian32(at: offset + 8) << 32 | bytes.bigEndian32(at: offset + 12)
                        : Int.max
                }
                if length < header {
                    throw .corrupt(file: name, found: "a box of \(length) bytes at byte \(offset)")
                }
            } else {
                length = .max
            }
            guard length <= bytes.count - offset else {
                throw .truncated(
                    file: name,
                    found: "the file ends after \(bytes.count) bytes, inside the box at byte \(offset)")
            }
            let kind = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
            if kind == "meta" || kind == "moov" { isDescribed = true }
            offset += length
        }
        guard isDescribed else {
            throw .truncated(
                file: name, found: "the file ends after \(bytes.count) bytes, before its description")
        }
    }
}

#if !canImport(ImageIO)
    extension HEIF {
        static let library = SystemLibrary(
            file: "libheif.so.1", package: "libheif1", isHere: spaniel_heif_load())

        static func decode(_ bytes: UnsafeRawBufferPointer, _ format: ImageFormat, name: String)
            throws(ImagingError) -> Bitmap
        {
            try open(bytes, format, name: name) {
                (file, width, height, hasAlpha) throws(ImagingError) in
                let channels = hasAlpha ? 4 : 3
                var noDecoder = false
                let pixels: [UInt8]
                do throws(ImagingError) {
                    pixels = try SystemLibrary.pixels(
                        count: width * height * channels, library: "libheif", name: name
                    ) {
                        let status = spaniel_heif_decode(
                            file, Int32(width), Int32(height), Int32(channels), $0, $1)
                        noDecoder = status == SPANIEL_FORMATS_NO_DECODER
                        return status
                    }
                } catch {
                    throw noDecoder ? missingDecoder(format, name: name) : error
                }
                return Bitmap(
                    width: width, height: height, color: hasAlpha ? .rgba : .rgb, bytes: pixels,
                    hasAlpha: hasAlpha)
            }
        }

        /// The size as displayed, without decoding.
        static func size(_ bytes: UnsafeRawBufferPointer, _ format: ImageFormat, name: String)
            throws(ImagingError) -> Size
        {
            try open(bytes, format, name: name) { _, width, height, _ in Size(width: width, height: height) }
        }

        private static func open<Result>(
            _ bytes: UnsafeRawBufferPointer, _ format: ImageFormat, name: String,
            _ body: (OpaquePointer?, Int, Int, Bool) throws(ImagingError) -> Result
        ) throws(ImagingError) -> Result {
            try checkBoxes(bytes, name: name)
            try library.require(for: format, name: name)
            var message = [CChar](repeating: 0, count: Int(SPANIEL_FORMATS_MESSAGE))
            var file: OpaquePointer?
            var found = spaniel_heif_picture()
            let status = spaniel_heif_open(
                bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &file, &found, &message)
            defer { spaniel_heif_close(file) }
            if status == SPANIEL_FORMATS_NO_DECODER { throw missingDecoder(format, name: name) }
            try SystemLibrary.check(status, message, library: "libheif", name: name)
            // What is decoded may be larger than what is shown of it.
            for (width, height) in [
                (found.stored_width, found.stored_height), (found.width, found.height),
            ] {
                try Bitmap.check(width: Int(width), height: Int(height), side: Limits.pngSide, name: name)
            }
            return try body(file, Int(found.width), Int(found.height), found.has_alpha)
        }

        /// From version 1.16 on libheif's decoders may be packages of their own.
        private static func missingDecoder(_ format: ImageFormat, name: String) -> ImagingError {
            let package = format == .avif ? "libheif-plugin-dav1d" : "libheif-plugin-libde265"
            return .format(
                file: name, found: "\(format.name), and the libheif here has no decoder for its compression",
                fix: "install one (Debian package \(package)), or \(format.converter)")
        }
    }
#endif
