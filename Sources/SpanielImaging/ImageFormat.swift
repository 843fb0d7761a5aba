/// What a file is by its first bytes; its name is never looked at.
package enum ImageFormat: Equatable, Sendable {
    case png
    case jpeg
    case webp
    case tiff
    case heic
    case avif
    /// Something else: what it looks like and how to make a picture of it that is read.
    case other(found: String, fix: String)

    package init(sniffing bytes: UnsafeRawBufferPointer) {
        func starts(_ text: String, at offset: Int = 0) -> Bool {
            let magic = Array(text.utf8)
            return bytes.count >= offset + magic.count
                && magic.indices.allSatisfy { bytes[offset + $0] == magic[$0] }
        }
        func starts(_ magic: [UInt8]) -> Bool {
            bytes.count >= magic.count && magic.indices.allSatisfy { bytes[$0] == magic[$0] }
        }
        // A file cut inside its first bytes is still the picture it was.
        func startsOrIsCut(_ magic: [UInt8]) -> Bool { starts(Array(magic.prefix(max(1, bytes.count)))) }

        if startsOrIsCut(Self.pngMagic) {
            self = .png
        } else if startsOrIsCut([0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if starts("ftyp", at: 4), let brand = Self.brand(bytes) {
            self = brand
        } else if starts("RIFF"), bytes.count < 12 || starts("WEBP", at: 8) {
            self = .webp
        } else if starts("GIF8") {
            self = .convertible("a GIF picture", "'IN.gif[0]'")
        } else if starts([0x49, 0x49, 0x2A, 0]) || starts([0x4D, 0x4D, 0, 0x2A])
            || starts([0x49, 0x49, 0x2B, 0]) || starts([0x4D, 0x4D, 0, 0x2B])
        {
            self = .tiff
        } else if starts("BM") {
            self = .convertible("a BMP picture", "IN.bmp")
        } else if starts([0xFF, 0x0A]) || starts([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20]) {
            self = .other(
                found: "a JPEG XL picture",
                fix: "convert it: djxl IN.jxl OUT.png (Debian package libjxl-tools)")
        } else if starts([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20]) || starts([0xFF, 0x4F, 0xFF, 0x51]) {
            self = .other(
                found: "a JPEG 2000 picture",
                fix: "convert it: opj_decompress -i IN.jp2 -o OUT.png (Debian package libopenjp2-tools)")
        } else if starts("P1") || starts("P2") || starts("P3") || starts("P4") || starts("P5") || starts("P6")
        {
            self = .other(
                found: "a PBM, PGM or PPM picture",
                fix: "convert it: pnmtopng IN.ppm > OUT.png (Debian package netpbm)")
        } else if starts("8BPS") {
            self = .convertible("a Photoshop document", "'IN.psd[0]'")
        } else if starts("%PDF") {
            self = .other(
                found: "a PDF document",
                fix: "convert a page: pdftoppm -png -r 150 IN.pdf OUT (Debian package poppler-utils)")
        } else if starts("<svg") || starts("<?xml") {
            self = .other(
                found: "SVG or other XML",
                fix: "convert it: rsvg-convert IN.svg -o OUT.png (Debian package librsvg2-bin)")
        } else if starts("version https://git-lfs") {
            self = .other(found: "a Git LFS pointer instead of the picture", fix: "fetch it: git lfs pull")
        } else {
            self = .other(found: Self.unknown(bytes), fix: "convert it to PNG or JPEG")
        }
    }

    package static let pngMagic: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private static func convertible(_ found: String, _ argument: String) -> ImageFormat {
        .other(found: found, fix: "convert it: convert \(argument) OUT.png (Debian package imagemagick)")
    }

    /// ISO media files (HEIC, AVIF, videos) say in their first box what they are.
    private static func brand(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
        guard bytes.count >= 12 else { return nil }
        switch String(decoding: bytes[8..<12], as: UTF8.self) {
        case "mif1", "msf1":
            // Any HEIF: the compatible brands after it say which.
            let end = min(bytes.count, bytes.bigEndian32(at: 0), 16 + 4 * 64)
            return stride(from: 16, to: end - 3, by: 4).contains {
                ["avif", "avis"].contains(String(decoding: bytes[$0..<$0 + 4], as: UTF8.self))
            } ? .avif : .heic
        case "heic", "heix", "heim", "heis", "hevc", "hevx":
            return .heic
        case "avif", "avis":
            return .avif
        case "crx ":
            return .other(
                found: "a Canon raw picture",
                fix: "convert it: darktable-cli IN.cr3 OUT.jpg (Debian package darktable)")
        default:
            return .other(
                found: "a video",
                fix: "take pictures out of it: ffmpeg -i IN.mp4 OUT%05d.png (Debian package ffmpeg)")
        }
    }

    /// What messages call a picture of the format.
    package var name: String {
        switch self {
        case .png: "a PNG picture"
        case .jpeg: "a JPEG picture"
        case .webp: "a WebP picture"
        case .tiff: "a TIFF picture"
        case .heic: "a HEIC picture"
        case .avif: "an AVIF picture"
        case .other(let found, _): found
        }
    }

    /// What makes a PNG or JPEG of the format, where its library cannot be had.
    package var converter: String {
        switch self {
        case .png, .jpeg: "save it anew"
        case .webp: "convert it: dwebp IN.webp -o OUT.png (Debian package webp)"
        case .tiff: "convert it: convert 'IN.tif[0]' OUT.png (Debian package imagemagick)"
        case .heic: "convert it: heif-convert IN.heic OUT.jpg (Debian package libheif-examples)"
        case .avif: "convert it: avifdec IN.avif OUT.png (Debian package libavif-bin)"
        case .other(_, let fix): fix
        }
    }

    private static func unknown(_ bytes: UnsafeRawBufferPointer) -> String {
        let start = bytes.prefix(4).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return "bytes that start with " + start.joined(separator: " ")
    }
}
