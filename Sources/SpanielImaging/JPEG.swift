#if !canImport(ImageIO)
    import CSpanielJPEG
#endif
import SpanielPlatform

/// Reading and writing JPEG through libjpeg-turbo.
package enum JPEG {}

#if !canImport(ImageIO)
    extension JPEG {
        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try JPEGHeader(bytes, name: name)
            let channels = header.components == 1 ? 1 : 3
            let size = header.width * header.height * channels
            var message = [CChar](repeating: 0, count: Int(SPANIEL_JPEG_MESSAGE))
            var status = SPANIEL_JPEG_OK
            let pixels = [UInt8](unsafeUninitializedCapacity: size) { pixels, count in
                status = spaniel_jpeg_decode(
                    bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, UInt32(header.width),
                    UInt32(header.height),
                    Int32(channels), Int32(Limits.jpegScans), pixels.baseAddress, &message)
                count = status == SPANIEL_JPEG_OK ? size : 0
            }
            switch status {
            case SPANIEL_JPEG_OK: break
            case SPANIEL_JPEG_TRUNCATED:
                throw .truncated(
                    file: name,
                    found: "the file ends after \(bytes.count) bytes, before the marker that ends a JPEG")
            case SPANIEL_JPEG_UNSUPPORTED:
                throw .unsupported(file: name, found: "this kind of JPEG (\(text(message)))")
            default: throw .corrupt(file: name, found: "libjpeg says \(text(message))")
            }
            return Bitmap(
                width: header.width, height: header.height, color: channels == 1 ? .gray : .rgb, depth: 8,
                bytes: pixels,
                transparentColor: nil, hasAlpha: false, orientation: header.orientation)
        }

        /// Encodes interleaved 8-bit gray (1 channel) or RGB (3).
        /// - Parameter quality: libjpeg's, 1 to 100.
        package static func encode(
            _ pixels: [UInt8], width: Int, height: Int, channels: Int, quality: Int, name: String = "JPEG"
        ) throws(ImagingError) -> [UInt8] {
            precondition(width > 0 && height > 0, "JPEG.encode: \(width) x \(height) pixels")
            precondition(
                pixels.count == width * height * channels,
                "JPEG.encode: \(pixels.count) bytes for \(width) x \(height) x \(channels)")
            try Bitmap.check(width: width, height: height, side: Limits.jpegSide, name: name)
            var message = [CChar](repeating: 0, count: Int(SPANIEL_JPEG_MESSAGE))
            var encoded: UnsafeMutablePointer<UInt8>?
            var count = 0
            let status = spaniel_jpeg_encode(
                pixels, UInt32(width), UInt32(height), Int32(channels), Int32(min(max(quality, 1), 100)),
                &encoded, &count, &message)
            guard status == SPANIEL_JPEG_OK, let encoded else { fatalError("JPEG.encode: \(text(message))") }
            defer { free(encoded) }
            return [UInt8](UnsafeBufferPointer(start: encoded, count: count))
        }

        private static func text(_ message: [CChar]) -> String {
            String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
#endif
