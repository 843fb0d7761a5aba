import SpanielImaging
import SpanielTestSupport
import Testing

/// Damaged WebP, TIFF and HEIF files decode or throw; the process survives either way.
@Suite struct PictureFormatFuzzTests {
    @Test(
        "two thousand damaged WebP files decode or throw, never trap",
        .enabled(if: canTest(.webp), "libwebp7 is not on this machine"))
    func webp() throws { try survives("webp", seed: 1) }

    @Test(
        "two thousand damaged TIFF files decode or throw, never trap",
        .enabled(if: canTest(.tiff), "libtiff6 is not on this machine"))
    func tiff() throws { try survives("tif", seed: 2) }

    @Test(
        "two thousand damaged HEIC files decode or throw, never trap",
        .enabled(if: canTest(.heic), "libheif1 is not on this machine"))
    func heic() throws { try survives("heic", seed: 3) }

    @Test(
        "two thousand damaged AVIF files decode or throw, never trap",
        .enabled(if: canTest(.avif), "libheif1 is not on this machine"))
    func avif() throws { try survives("avif", seed: 4) }

    private func survives(_ ending: String, seed: UInt64) throws {
        var random = Generator(seed: seed)
        let files = try FormatGolden.pictures(of: ending).map { try FormatGolden.bytes($0) }
        var decoded = 0
        var codes: [String: Int] = [:]
        for _ in 0..<2000 {
            let bytes = FuzzTests.damaged(files.randomElement(using: &random)!, &random)
            do throws(ImagingError) {
                let size = try Size(ofPicture: bytes, name: "x")
                // A header may by chance claim a size that takes long to fill.
                guard size.width * size.height < 1 << 20 else { continue }
                let bitmap = try Bitmap(bytes, name: "x")
                _ = Picture(bitmap, transparency: .white)
                _ = Mask(bitmap)
                decoded += 1
            } catch {
                codes[error.code, default: 0] += 1
            }
        }
        #expect(decoded > 50, "\(codes)")
        #expect(codes["image.corrupt", default: 0] > 50 && codes["image.truncated", default: 0] > 50)
    }
}
