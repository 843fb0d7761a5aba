import Foundation
import SpanielImaging
import Testing

@Suite struct BadPictureTests {
    /// What decoding bytes throws; nil when it succeeds.
    static func error(_ bytes: [UInt8]) -> ImagingError? {
        do throws(ImagingError) {
            _ = try Picture(bytes: bytes, name: "x.png")
            return nil
        } catch {
            return error
        }
    }

    static func error(file url: URL) -> ImagingError? {
        do throws(ImagingError) {
            _ = try Picture(contentsOf: url)
            return nil
        } catch {
            return error
        }
    }

    /// A folder that goes away with the test.
    final class Scratch {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "spaniel-imaging-\(UUID().uuidString)")
        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: url) }
        func file(_ name: String, _ bytes: [UInt8]) throws -> URL {
            let file = url.appending(path: name)
            try Data(bytes).write(to: file)
            return file
        }
    }

    /// A PNG of correct chunks around `rest`.
    static func png(
        width: UInt32, height: UInt32, depth: UInt8 = 8, color: UInt8 = 2, _ rest: [(String, [UInt8])]
    ) -> [UInt8] {
        let header = bigEndian(width) + bigEndian(height) + [depth, color, 0, 0, 0]
        return ImageFormat.pngMagic
            + ([("IHDR", header)] + rest + [("IEND", [])]).flatMap { chunk($0.0, $0.1) }
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(kind.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(crc(body))
    }

    static let table: [UInt32] = (0..<256).map { start in
        (0..<8).reduce(UInt32(start)) { c, _ in c & 1 != 0 ? 0xEDB8_8320 ^ c >> 1 : c >> 1 }
    }
    static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }

    @Test(
        "a picture cut at any byte is truncated, never a trap",
        arguments: [
            "png-rgb8.png", "png-palette4-alphas.png", "png-rgba16-interlaced.png", "png-chunks.png",
            "jpeg-420.jpg",
            "jpeg-444-progressive.jpg",
            "jpeg-cmyk.jpg", "jpeg-gray.jpg", "jpeg-restarts.jpg", "jpeg-orientation6.jpg",
        ])
    func cut(name: String) throws {
        let whole = try ImagingGolden.bytes(name)
        #expect(Self.error(whole) == nil)
        #expect(Self.error([])?.code == "image.empty")
        for count in 1..<whole.count {
            let error = Self.error(Array(whole.prefix(count)))
            #expect(
                error?.code == "image.truncated",
                "\(count) of \(whole.count) bytes: \(error.map { "\($0)" } ?? "decoded")")
        }
    }

    @Test("each wrong file has its own error, which names it")
    func files() throws {
        let scratch = try Scratch()
        #expect(Self.error(file: scratch.url.appending(path: "none.png"))?.code == "image.missing")
        #expect(Self.error(file: scratch.url)?.code == "image.directory")
        #expect(Self.error(file: try scratch.file("empty.jpg", []))?.code == "image.empty")
        #expect(Self.error(file: URL(filePath: "/dev/null"))?.code == "image.unreadable")
        #expect(Self.error(file: URL(string: "https://example.com/a.png")!)?.code == "image.unreadable")
        let text = try scratch.file("notes.png", Array("hello, world".utf8))
        let error = try #require(Self.error(file: text))
        #expect(error.code == "image.format")
        #expect(error.message.contains("notes.png") && error.message.contains("68 65 6c 6c"))
        #expect(error.localizedDescription == error.message)
    }

    @Test("a file without permission is unreadable", .enabled(if: getuid() != 0))
    func permission() throws {
        let scratch = try Scratch()
        let file = try scratch.file("secret.png", ImageFormat.pngMagic)
        #expect(chmod(file.path, 0) == 0)
        #expect(Self.error(file: file)?.code == "image.unreadable")
    }

    @Test("a file beyond 256 MiB is refused unread")
    func hugeFile() throws {
        let scratch = try Scratch()
        let file = try scratch.file("huge.png", ImageFormat.pngMagic)
        #expect(truncate(file.path, (256 << 20) + 1) == 0)
        #expect(
            Self.error(file: file) == .fileTooLarge(file: InputFile.name(of: file), bytes: (256 << 20) + 1))
    }

    @Test("the extension means nothing")
    func extensions() throws {
        let scratch = try Scratch()
        let file = try scratch.file("photo.jpg", ImagingGolden.bytes("png-rgb8.png"))
        #expect(try Picture(contentsOf: file) == ImagingGolden.ppm("png-rgb8.ppm"))
    }

    @Test(
        "other picture formats are named, with a converter",
        arguments: [
            ("\0\0\0\u{18}ftypmp42\0\0\0\0", "video", "ffmpeg"),
            ("\0\0\0\u{18}ftypcrx \0\0\0\0", "raw", "darktable"),
            ("RIFF\u{1}\0\0\0WAVEfmt ", "bytes", "convert"), ("GIF89a", "GIF", "convert"),
            ("BM\u{1}\0", "BMP", "convert"),
            ("P6 1 1 255\n", "PPM", "pnmtopng"),
            ("%PDF-1.7", "PDF", "pdftoppm"), ("<svg xmlns", "SVG", "rsvg-convert"),
        ])
    func otherFormats(start: String, found: String, fix: String) throws {
        let error = try #require(Self.error(Array(start.utf8)))
        #expect(error.code == "image.format")
        #expect(error.message.contains(found) && error.message.contains(fix))
    }

    @Test("30,000 x 30,000 pixels are refused in under 10 ms, before any memory is asked for")
    func bomb() {
        let bytes = Self.png(width: 30_000, height: 30_000, [("IDAT", Array(repeating: 0, count: 50_000))])
        let clock = ContinuousClock()
        let time = clock.measure {
            #expect(Self.error(bytes) == .tooManyPixels(file: "x.png", width: 30_000, height: 30_000))
        }
        #expect(time < .milliseconds(10))
    }

    @Test("178,956,970 pixels are the limit")
    func limit() throws {
        let size = { (width: UInt32, height: UInt32) in
            Self.error(Self.png(width: width, height: height, [("IDAT", [])]))?.code
        }
        #expect(size(178_956_971, 1) == "image.too-large")
        // No more pixels than allowed, but a side beyond 1,000,000.
        #expect(size(89_478_485, 2) == "image.too-large")
        #expect(size(13_378, 13_377) == "image.too-large")
        #expect(size(UInt32.max, UInt32.max) == "image.too-large")
        #expect(size(0, 5) == "image.no-pixels")
        #expect(size(5, 0) == "image.no-pixels")
        #expect(size(4, 4) == "image.corrupt")
    }

    @Test("a JPEG of no lines, or of a side beyond 65,500, is refused")
    func jpegSizes() throws {
        let whole = try ImagingGolden.bytes("jpeg-444.jpg")
        let frame = try #require((0..<whole.count - 1).first { whole[$0] == 0xFF && whole[$0 + 1] == 0xC0 })
        func sized(_ height: UInt16, _ width: UInt16) -> ImagingError? {
            var bytes = whole
            for (index, value) in [height, width].enumerated() {
                bytes[frame + 5 + 2 * index] = UInt8(value >> 8)
                bytes[frame + 6 + 2 * index] = UInt8(value & 255)
            }
            return Self.error(bytes)
        }
        #expect(sized(29, 43) == nil)
        #expect(sized(0, 43)?.code == "image.no-pixels")
        #expect(sized(29, 0)?.code == "image.no-pixels")
        #expect(sized(1, 65_501)?.code == "image.too-large")
        #expect(sized(20_000, 20_000)?.code == "image.too-large")
    }

    @Test("a damaged byte in a PNG's pixels is an error")
    func damaged() throws {
        var bytes = try ImagingGolden.bytes("png-rgb8.png")
        let data = try #require(
            (0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == Array("IDAT".utf8) })
        bytes[data + 40] ^= 0x10
        #expect(Self.error(bytes)?.code == "image.corrupt")
    }

    @Test("a PNG with too few pixels, with none, or with a wrong header is an error")
    func wrongPNG() {
        #expect(Self.error(Self.png(width: 2, height: 2, []))?.code == "image.corrupt")
        #expect(
            Self.error(Self.png(width: 2, height: 2, [("IDAT", [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1])]))?.code
                == "image.corrupt")
        #expect(Self.error(Self.png(width: 2, height: 2, depth: 3, [("IDAT", [])]))?.code == "image.corrupt")
        #expect(
            Self.error(Self.png(width: 2, height: 2, depth: 8, color: 3, [("IDAT", [])]))?.code
                == "image.corrupt")
        #expect(
            Self.error(Self.png(width: 2, height: 2, [("tRNS", [0]), ("IDAT", [])]))?.code == "image.corrupt")
        #expect(
            Self.error(ImageFormat.pngMagic + Self.chunk("CgBI", [0, 0, 0, 0]) + Self.chunk("IEND", []))?.code
                == "image.unsupported")
    }

    @Test("a JPEG of 12 bits, of two components, or without loss is not supported")
    func unsupportedJPEG() throws {
        let whole = try ImagingGolden.bytes("jpeg-444.jpg")
        let frame = try #require((0..<whole.count - 1).first { whole[$0] == 0xFF && whole[$0 + 1] == 0xC0 })
        for (offset, value) in [(4, 12), (9, 2), (1, 0xC3)] as [(Int, UInt8)] {
            var bytes = whole
            bytes[frame + offset] = value
            #expect(Self.error(bytes)?.code == "image.unsupported")
        }
    }

    @Test("a JPEG with bytes after its end, or with a bad restart, decodes with libjpeg's warnings ignored")
    func warnings() throws {
        let whole = try ImagingGolden.bytes("jpeg-restarts.jpg")
        #expect(Self.error(whole + [1, 2, 3]) == nil)
        var bytes = whole
        let restart = try #require((0..<bytes.count - 1).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xD1 })
        bytes[restart + 1] = 0xD3
        #expect(Self.error(bytes) == nil)
    }

    @Test("more than 500 scans are refused")
    func scans() throws {
        let whole = try ImagingGolden.bytes("jpeg-gray-progressive.jpg")
        let last = try #require((0..<whole.count - 1).last { whole[$0] == 0xFF && whole[$0 + 1] == 0xDA })
        let scan = whole[last..<whole.count - 2]
        func repeated(_ times: Int) -> [UInt8] {
            whole[..<last] + (0..<times).flatMap { _ in scan } + [0xFF, 0xD9]
        }
        #expect(Self.error(repeated(2)) == nil)
        #expect(
            Self.error(repeated(600)) == .corrupt(file: "x.png", found: "libjpeg says more than 500 scans"))
    }

    @Test("a message names the file as it was written")
    func names() {
        #expect(
            Self.error(file: URL(filePath: "no such/a b%20c.png")) == .missing(file: "no such/a b%20c.png"))
        #expect(Self.error(file: URL(filePath: "/none/x.png")) == .missing(file: "/none/x.png"))
    }

    @Test("no message lacks the file's name, and every case has a code")
    func messages() {
        let size = Size(width: 3, height: 4)
        let cases: [ImagingError] = [
            .missing(file: "a.png"), .directory(file: "a.png"), .unreadable(file: "a.png", reason: "r"),
            .empty(file: "a.png"),
            .fileTooLarge(file: "a.png", bytes: 300 << 20), .format(file: "a.png", found: "f", fix: "x"),
            .truncated(file: "a.png", found: "f"), .corrupt(file: "a.png", found: "f"),
            .unsupported(file: "a.png", found: "f"),
            .noPixels(file: "a.png", width: 0, height: 3),
            .tooManyPixels(file: "a.png", width: 1 << 20, height: 1 << 20),
            .sideTooLong(file: "a.png", width: 70_000, height: 2, limit: 65_500),
            .maskSize(file: "a.png", expected: size, found: Size(width: 4, height: 3)),
            .maskEmpty(file: "a.png"), .maskFull(file: "a.png"),
        ]
        for error in cases {
            #expect(error.message.hasPrefix("a.png: "))
            #expect(error.code.contains("."))
        }
    }
}
