#if !canImport(ImageIO)
    import CSpanielPNG
#endif
import SpanielPlatform

/// Reading and writing PNG through libpng.
package enum PNG {}

#if !canImport(ImageIO)
    extension PNG {
        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try PNGHeader(bytes, name: name)
            let color: Bitmap.Color =
                switch header.colorType {
                case 0: .gray
                case 2: .rgb
                case 3: .palette(header.palette)
                case 4: .grayAlpha
                default: .rgba
                }
            var bitmap = Bitmap(
                width: header.width, height: header.height, color: color, depth: header.depth, bytes: [],
                transparentColor: header.transparentColor, hasAlpha: header.hasAlpha,
                orientation: header.orientation)
            // The limit on pixels keeps this far from overflow.
            let rowBytes = header.width * bitmap.channels * (bitmap.depth == 16 ? 2 : 1)
            var message = [CChar](repeating: 0, count: Int(SPANIEL_PNG_MESSAGE))
            var status: Int32 = 0
            bitmap.bytes = [UInt8](unsafeUninitializedCapacity: rowBytes * header.height) { rows, count in
                status = spaniel_png_decode(
                    bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, UInt32(header.width),
                    UInt32(header.height), rows.baseAddress, rowBytes, &message)
                count = status == 0 ? rowBytes * header.height : 0
            }
            guard status == 0 else { throw .corrupt(file: name, found: "libpng says \(text(message))") }
            return bitmap
        }

        /// Encodes rows of 1 (depth 8 or 16) or 3 channels (depth 8); a depth of 1 expects packed bits, first
        /// pixel in the highest.
        /// - Parameter level: zlib's, 1 fast to 9 small.
        static func encode(
            _ rows: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int, depth: Int, level: Int
        ) -> [UInt8] {
            let rowBytes = (width * channels * depth + 7) / 8
            precondition(width > 0 && height > 0, "PNG.encode: \(width) x \(height) pixels")
            precondition(
                rows.count == rowBytes * height,
                "PNG.encode: \(rows.count) bytes for \(height) rows of \(rowBytes)")
            var message = [CChar](repeating: 0, count: Int(SPANIEL_PNG_MESSAGE))
            var encoded: UnsafeMutablePointer<UInt8>?
            var count = 0
            let status = spaniel_png_encode(
                rows.bindMemory(to: UInt8.self).baseAddress, rowBytes, UInt32(width), UInt32(height),
                Int32(channels), Int32(depth),
                Int32(level), &encoded, &count, &message)
            guard status == 0, let encoded else { fatalError("PNG.encode: \(text(message))") }
            defer { free(encoded) }
            return [UInt8](UnsafeBufferPointer(start: encoded, count: count))
        }

        private static func text(_ message: [CChar]) -> String {
            String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
#endif

extension PNG {
    /// Interleaved 8-bit RGB.
    package static func encode(rgb pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
        pixels.withUnsafeBytes { encode($0, width: width, height: height, channels: 3, depth: 8, level: 1) }
    }

    /// 8-bit gray.
    package static func encode(gray pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
        pixels.withUnsafeBytes { encode($0, width: width, height: height, channels: 1, depth: 8, level: 3) }
    }

    /// 16-bit gray.
    package static func encode(gray16 pixels: [UInt16], width: Int, height: Int) -> [UInt8] {
        pixels.withUnsafeBytes { encode($0, width: width, height: height, channels: 1, depth: 16, level: 3) }
    }

    /// One bit a pixel, rows padded to whole bytes, the first pixel in the highest bit; 1 is white.
    package static func encode(bits rows: [UInt8], width: Int, height: Int) -> [UInt8] {
        rows.withUnsafeBytes { encode($0, width: width, height: height, channels: 1, depth: 1, level: 6) }
    }
}
