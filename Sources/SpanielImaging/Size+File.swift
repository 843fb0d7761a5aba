import SpanielFiles
package import SpanielPlatform

extension Size {
    /// A picture's size as displayed, from its headers alone: EXIF's quarter turns count, nothing is decoded.
    /// HEIC and AVIF need their library for this too.
    package init(ofPictureAt url: URL) throws(ImagingError) {
        let name = InputFile.name(of: url)
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(url) } catch { throw InputFile.error(error, name: name) }
        if file.count == 0 { throw .empty(file: name) }
        self = try file.withBytes(0..<file.count) { bytes throws(ImagingError) in
            try Size(reading: bytes, name: name)
        }
    }

    /// The same of a file held in memory.
    package init(ofPicture bytes: [UInt8], name: String) throws(ImagingError) {
        if bytes.isEmpty { throw .empty(file: name) }
        self = try bytes.withUnsafeBufferPointer { bytes throws(ImagingError) in
            try Size(reading: UnsafeRawBufferPointer(bytes), name: name)
        }
    }

    private init(reading bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        let format = ImageFormat(sniffing: bytes)
        switch format {
        case .png:
            let header = try PNGHeader(bytes, name: name)
            self.init(width: header.width, height: header.height, turned: header.orientation)
        case .jpeg:
            let header = try JPEGHeader(bytes, name: name)
            self.init(width: header.width, height: header.height, turned: header.orientation)
        case .webp:
            let header = try WebPHeader(bytes, name: name)
            self.init(width: header.width, height: header.height, turned: header.orientation)
        case .tiff:
            let header = try TIFFHeader(bytes, name: name)
            self.init(width: header.width, height: header.height, turned: header.orientation)
        case .heic, .avif: self = try HEIF.size(bytes, format, name: name)
        case .other(let found, let fix): throw .format(file: name, found: found, fix: fix)
        }
    }

    private init(width: Int, height: Int, turned orientation: Orientation) {
        self =
            orientation.swapsSides ? Size(width: height, height: width) : Size(width: width, height: height)
    }
}
