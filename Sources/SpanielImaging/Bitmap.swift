/// A decoded picture before anything is decided about palette, depth, transparency and orientation.
package struct Bitmap: Sendable {
    /// What the channels of a pixel are, in their order.
    package enum Color: Sendable, Equatable {
        case gray, grayAlpha, rgb, rgba
        /// An index into colors, each with its alpha.
        case palette([PaletteEntry])
    }

    package struct PaletteEntry: Sendable, Equatable {
        package var red: UInt8
        package var green: UInt8
        package var blue: UInt8
        package var alpha: UInt8

        package init(red: UInt8 = 0, green: UInt8 = 0, blue: UInt8 = 0, alpha: UInt8 = 255) {
            self.red = red
            self.green = green
            self.blue = blue
            self.alpha = alpha
        }
    }

    package var width: Int
    package var height: Int
    package var color: Color
    /// Bits of a sample, 1 to 16. Samples of up to 8 bits are one byte each and not scaled.
    package var depth: Int
    /// Row-major, channels interleaved; for a depth of 16 two bytes each in native order.
    package var bytes: [UInt8]
    /// The one gray or RGB value that is transparent, as the file gives it.
    package var transparentColor: [UInt16]?
    /// Whether the file marks anything transparent at all, even if no pixel is.
    package var hasAlpha: Bool
    package var orientation: Orientation

    package init(
        width: Int, height: Int, color: Color, depth: Int = 8, bytes: [UInt8],
        transparentColor: [UInt16]? = nil, hasAlpha: Bool = false,
        orientation: Orientation = .upright
    ) {
        self.width = width
        self.height = height
        self.color = color
        self.depth = depth
        self.bytes = bytes
        self.transparentColor = transparentColor
        self.hasAlpha = hasAlpha
        self.orientation = orientation
    }

    package var channels: Int {
        switch color {
        case .gray, .palette: 1
        case .grayAlpha: 2
        case .rgb: 3
        case .rgba: 4
        }
    }
}

extension Bitmap {
    /// Decodes a whole file.
    /// - Parameter name: what messages call the file.
    package init(_ bytes: [UInt8], name: String) throws(ImagingError) {
        self = try bytes.withUnsafeBufferPointer { (bytes) throws(ImagingError) in
            try Bitmap(decoding: UnsafeRawBufferPointer(bytes), name: name)
        }
    }

    private init(decoding bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        if bytes.isEmpty { throw .empty(file: name) }
        if bytes.count > Limits.fileBytes { throw .fileTooLarge(file: name, bytes: bytes.count) }
        let format = ImageFormat(sniffing: bytes)
        switch format {
        case .png: self = try PNG.decode(bytes, name: name)
        case .jpeg: self = try JPEG.decode(bytes, name: name)
        case .webp: self = try WebP.decode(bytes, name: name)
        case .tiff: self = try TIFF.decode(bytes, name: name)
        case .heic, .avif: self = try HEIF.decode(bytes, format, name: name)
        case .other(let found, let fix): throw .format(file: name, found: found, fix: fix)
        }
    }

    /// Refuses sizes that are empty or too large, before any memory is asked for.
    package static func check(width: Int, height: Int, side: Int, name: String) throws(ImagingError) {
        if width < 1 || height < 1 { throw .noPixels(file: name, width: width, height: height) }
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        if overflow || pixels > Limits.pixels {
            throw .tooManyPixels(file: name, width: width, height: height)
        }
        if width > side || height > side {
            throw .sideTooLong(file: name, width: width, height: height, limit: side)
        }
    }
}
