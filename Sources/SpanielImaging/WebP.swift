#if !canImport(ImageIO)
    import CSpanielFormats
#endif

/// Reading WebP through libwebp: a still picture, or the first one of an animation.
enum WebP {}

#if !canImport(ImageIO)
    extension WebP {
        static let library = SystemLibrary(
            file: "libwebp.so.7", package: "libwebp7", isHere: spaniel_webp_load())

        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try WebPHeader(bytes, name: name)
            try library.require(for: .webp, name: name)
            let channels = header.hasAlpha ? 4 : 3
            var pixels: [UInt8]
            if let frame = header.first {
                let picture = try frame.file.withUnsafeBufferPointer { (file) throws(ImagingError) in
                    try decode(
                        UnsafeRawBufferPointer(file), width: frame.width, height: frame.height,
                        channels: channels, name: name)
                }
                // What the first picture leaves free of the canvas is transparent, or black without alpha.
                pixels = [UInt8](repeating: 0, count: header.width * header.height * channels)
                let row = frame.width * channels
                for y in 0..<frame.height {
                    let at = ((frame.y + y) * header.width + frame.x) * channels
                    pixels.replaceSubrange(at..<at + row, with: picture[y * row..<(y + 1) * row])
                }
            } else {
                pixels = try decode(
                    bytes, width: header.width, height: header.height, channels: channels, name: name)
            }
            return Bitmap(
                width: header.width, height: header.height, color: header.hasAlpha ? .rgba : .rgb,
                bytes: pixels, hasAlpha: header.hasAlpha, orientation: header.orientation)
        }

        private static func decode(
            _ bytes: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int, name: String
        ) throws(ImagingError) -> [UInt8] {
            try SystemLibrary.pixels(count: width * height * channels, library: "libwebp", name: name) {
                spaniel_webp_decode(
                    bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, UInt32(width), UInt32(height),
                    Int32(channels), $0, $1)
            }
        }
    }
#endif
