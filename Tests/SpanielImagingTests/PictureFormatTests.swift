import Foundation
import SpanielImaging
import Testing

/// The files of Tests/Goldens/Pictures: WebP, TIFF, HEIC and AVIF.
enum FormatGolden {
    static let folder = ImagingGolden.folder.deletingLastPathComponent().appending(path: "Pictures")
    static let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    static let pictures = names.filter { !$0.hasSuffix(".ppm") }

    static func pictures(of ending: String) -> [String] { names.filter { $0.hasSuffix("." + ending) } }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    static func ppm(_ name: String) throws -> Picture { try ImagingGolden.ppm("../Pictures/" + name) }
}

/// Whether a format can be tested: on a machine without its library the test says that it is skipped; where
/// changes are checked (CI=true) the library is not allowed to be missing.
func canTest(_ formats: ImageFormat...) -> Bool {
    #if canImport(ImageIO)
        return true
    #else
        return ProcessInfo.processInfo.environment["CI"] == "true"
            || formats.allSatisfy { $0.library?.isHere == true }
    #endif
}

private let needsLibraries = ConditionTrait.enabled(
    if: canTest(.webp, .tiff, .heic), "libwebp7, libtiff6 and libheif1 are not all on this machine")

@Suite(needsLibraries) struct PictureFormatTests {
    @Test(
        "every kind of WebP, TIFF, HEIC and AVIF decodes to Pillow's pixels, within 1",
        arguments: FormatGolden.pictures)
    func decodes(name: String) throws {
        let stem = String(name[..<name.lastIndex(of: ".")!])
        let url = FormatGolden.folder.appending(path: name)
        let expected = try FormatGolden.ppm(stem + ".ppm")
        #expect(far(try Picture(contentsOf: url), expected) == nil)
        guard FormatGolden.names.contains(stem + ".dropped.ppm") else { return }
        let dropped = try Picture(contentsOf: url, transparency: .dropped)
        #expect(far(dropped, try FormatGolden.ppm(stem + ".dropped.ppm")) == nil)
    }

    /// Where two pictures differ by more than 1, in words; nil where they do not.
    func far(_ found: Picture, _ expected: Picture) -> String? {
        guard let words = difference(found, expected) else { return nil }
        let isNear =
            found.size == expected.size
            && zip(found.pixels, expected.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 }
        return isNear ? nil : words
    }

    @Test("sizes are read without decoding, as displayed", arguments: FormatGolden.pictures)
    func sizes(name: String) throws {
        let stem = String(name[..<name.lastIndex(of: ".")!])
        let size = try FormatGolden.ppm(stem + ".ppm").size
        #expect(try Size(ofPictureAt: FormatGolden.folder.appending(path: name)) == size)
        #expect(try Size(ofPicture: FormatGolden.bytes(name), name: name) == size)
    }

    @Test("a WebP, TIFF or HEIC mask marks what a PNG mask marks")
    func masks() throws {
        for name in [
            "webp-lossless-alpha.webp", "tiff-gray1.tif", "tiff-gray16-little.tif", "heic-gray.heic",
        ] {
            let mask = try Mask(contentsOf: FormatGolden.folder.appending(path: name))
            let bitmap = try Bitmap(FormatGolden.bytes(name), name: name)
            #expect(mask.size == Size(width: bitmap.width, height: bitmap.height))
            #expect(mask == Mask(bitmap) && !mask.isEmpty)
        }
        // Zero is white in this file: what is white marks, whatever its number.
        let white = try Mask(contentsOf: FormatGolden.folder.appending(path: "tiff-gray8-white.tif"))
        let shown = try FormatGolden.ppm("tiff-gray8-white.ppm")
        #expect(
            white
                == Mask(width: white.width, height: white.height) { x, y in
                    shown.pixels[3 * (y * white.width + x)] != 0
                })
    }

    @Test(
        "a mask as a TIFF of 16 bits whose zero is white marks what is shown above black, not what is numbered so"
    )
    func wideNegative() throws {
        let shown = try FormatGolden.ppm("tiff-gray16-white.ppm").size
        let marks: [Int: UInt16] = [0: 0, 7: 1, 30: 0x7FFF, shown.width * shown.height - 1: 0xFFFE]
        var bytes = try FormatGolden.bytes("tiff-gray16-little.tif")
        // PhotometricInterpretation, one short: 1 is black's, 0 white's.
        let kind = try #require(
            bytes.indices.first { bytes[$0...].starts(with: [6, 1, 3, 0, 1, 0, 0, 0, 1, 0]) })
        bytes[kind + 8] = 0
        for pixel in 0..<shown.width * shown.height {
            let value = marks[pixel] ?? 0xFFFF
            bytes[8 + 2 * pixel] = UInt8(value & 255)
            bytes[9 + 2 * pixel] = UInt8(value >> 8)
        }
        let mask = try Mask(decoding: Data(bytes))
        #expect(
            mask
                == Mask(width: shown.width, height: shown.height) { x, y in marks[y * shown.width + x] != nil
                })
    }

    @Test(
        "a WebP, TIFF or HEIF file cut at any byte is truncated, never a trap",
        arguments: [
            "webp-lossless.webp", "webp-lossy-alpha.webp", "webp-animated.webp", "tiff-rgb8.tif",
            "tiff-rgb8-lzw.tif", "tiff-rgb8-tiles.tif", "tiff-big.tif", "heic-lossless.heic",
            "avif-alpha.avif",
        ])
    func cut(name: String) throws {
        let whole = try FormatGolden.bytes(name)
        #expect(BadPictureTests.error(whole) == nil)
        // Twelve bytes tell what a file is.
        for count in 12..<whole.count {
            let part = Array(whole.prefix(count))
            let error = BadPictureTests.error(part)
            // A TIFF may end in the number of its next page's place, or in padding: what lacks only that is
            // the whole picture.
            if error == nil, name.hasPrefix("tiff"), whole.count - count <= 8 {
                #expect(try Picture(bytes: part, name: "x") == Picture(bytes: whole, name: "x"))
                continue
            }
            #expect(
                error?.code == "image.truncated",
                "\(count) of \(whole.count) bytes: \(error.map { "\($0)" } ?? "decoded")")
        }
    }

    @Test("pictures that claim too many pixels are refused before memory is asked for")
    func bombs() throws {
        var webp = try FormatGolden.bytes("webp-lossless.webp")
        // VP8L holds 14 bits for each side less one.
        webp.replaceSubrange(21..<25, with: [0xFF, 0xFF, 0xFF, 0x0F])
        #expect(BadPictureTests.error(webp)?.code == "image.too-large")

        var tiff = try FormatGolden.bytes("tiff-big.tif")
        for tag in [256, 257] as [UInt16] {
            let mark = [UInt8(tag & 255), UInt8(tag >> 8), 4, 0, 1, 0, 0, 0, 0, 0, 0, 0]
            let at = try #require(tiff.indices.first { tiff[$0...].starts(with: mark) })
            tiff.replaceSubrange(at + 12..<at + 16, with: [0x30, 0x75, 0, 0])
        }
        #expect(
            BadPictureTests.error(tiff) == .tooManyPixels(file: "x.png", width: 30_000, height: 30_000))

        // What is decoded counts: 30,000 a side, of which the file shows 23 x 14.
        var heic = try FormatGolden.bytes("heic-lossless.heic")
        let box = try #require(heic.indices.first { heic[$0...].starts(with: Array("ispe".utf8)) })
        heic.replaceSubrange(box + 8..<box + 16, with: [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30])
        #expect(
            BadPictureTests.error(heic) == .tooManyPixels(file: "x.png", width: 30_000, height: 30_000))
    }

    @Test("a camera's raw file is not read as its small preview")
    func raw() throws {
        let whole = try FormatGolden.bytes("tiff-rgb8-strips.tif")
        #expect(BadPictureTests.error(whole) == nil)
        // A DNG says its version in tag 50706; here rows per strip become that.
        var dng = whole
        let at = try #require(dng.indices.first { dng[$0...].starts(with: [1, 22, 0, 4, 0, 0, 0, 1]) })
        dng.replaceSubrange(at..<at + 2, with: [0xC6, 0x12])
        let error = try #require(BadPictureTests.error(dng))
        #expect(error.code == "image.format" && error.message.contains("darktable-cli"))
    }

    @Test("kinds of TIFF that are not read are named")
    func unsupported() throws {
        let whole = try FormatGolden.bytes("tiff-gray16-big.tif")
        let depth = try #require(whole.indices.first { whole[$0...].starts(with: [1, 2, 0, 3, 0, 0, 0, 1]) })
        var wide = whole
        wide[depth + 9] = 32
        let error = try #require(BadPictureTests.error(wide))
        #expect(error.code == "image.unsupported" && error.message.contains("32-bit samples"))
    }
}

#if !canImport(ImageIO)
    @Suite struct SystemLibraryTests {
        @Test("without its library a picture's message names the package, or a converter")
        func missing() {
            for (format, package, converter) in [
                (.webp, "libwebp7", "dwebp"), (.tiff, "libtiff6", "convert"),
                (.heic, "libheif1", "heif-convert"), (.avif, "libheif1", "avifdec"),
            ] as [(ImageFormat, String, String)] {
                let library = SystemLibrary(file: "lib.so", package: package, isHere: false)
                do throws(ImagingError) {
                    try library.require(for: format, name: "a.x")
                    Issue.record("nothing was missing")
                } catch {
                    #expect(error.code == "image.format" && error.message.hasPrefix("a.x: "))
                    #expect(error.message.contains(package) && error.message.contains(converter))
                }
                #expect(format.library?.package == package)
            }
            #expect(throws: Never.self) {
                try SystemLibrary(file: "lib.so", package: "lib", isHere: true).require(
                    for: .webp, name: "a")
            }
        }
    }
#endif
