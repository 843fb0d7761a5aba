public import SpanielPlatform

/// A picture as displayed: 8-bit RGB, turned as its EXIF says, with transparency composited on white.
///
///     let picture = try Picture(contentsOf: Starters.shelf)
///     print(picture.width, picture.height, picture.pixels.count)  // 640 480 921600
public struct Picture: Sendable, Equatable {
    /// The number of columns, as displayed.
    public let width: Int
    /// The number of rows, as displayed.
    public let height: Int
    /// The RGB values, three bytes a pixel, row after row, the top left pixel first.
    public let pixels: [UInt8]

    /// The width and the height in pixels, as displayed.
    public var size: Size { Size(width: width, height: height) }

    /// What becomes of transparency.
    package enum Transparency: Sendable {
        /// Composited on white, as transformers 5.23 does; 16-bit samples are read by their range.
        case white
        /// Dropped, as Pillow's convert("RGB") does; what lies under a transparent pixel shows. 16-bit samples
        /// become what Pillow makes of them.
        case dropped
    }

    /// Takes RGB values as they are; a number of bytes other than 3 · width · height traps.
    public init(rgb pixels: [UInt8], width: Int, height: Int) {
        precondition(width > 0 && height > 0, "Picture: \(width) x \(height) pixels")
        precondition(
            pixels.count == 3 * width * height,
            "Picture: \(pixels.count) bytes for \(width) x \(height) pixels of 3")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Reads a PNG, JPEG, WebP, TIFF, HEIC or AVIF file, whatever its name ends in; of several pages or frames
    /// the first. On Linux all but the first two need their library (libwebp7, libtiff6, libheif1).
    public init(contentsOf url: URL) throws(ImagingError) {
        try self.init(contentsOf: url, transparency: .white)
    }

    /// Decodes a file of the same formats held in memory.
    public init(decoding data: Data) throws(ImagingError) {
        try self.init(decoding: data, name: "picture", transparency: .white)
    }

    package init(contentsOf url: URL, transparency: Transparency) throws(ImagingError) {
        try self.init(
            bytes: InputFile.bytes(of: url), name: InputFile.name(of: url), transparency: transparency)
    }

    package init(decoding data: Data, name: String, transparency: Transparency = .white) throws(ImagingError)
    {
        try self.init(bytes: [UInt8](data), name: name, transparency: transparency)
    }

    package init(bytes: [UInt8], name: String, transparency: Transparency = .white) throws(ImagingError) {
        self.init(try Bitmap(bytes, name: name), transparency: transparency)
    }
}

extension Picture {
    /// The picture as a PNG file.
    public func pngData() -> Data {
        Data(PNG.encode(rgb: pixels, width: width, height: height))
    }

    /// The picture as a JPEG file.
    /// - Parameter quality: 1 to 100. Default: 90.
    /// - Throws: `ImagingError.sideTooLong` if a side exceeds JPEG's 65,500 pixels.
    public func jpegData(quality: Int = 90) throws(ImagingError) -> Data {
        Data(try JPEG.encode(pixels, width: width, height: height, channels: 3, quality: quality))
    }
}
