public import SpanielPlatform

extension Mask {
    /// Reads a picture's file: every pixel above zero is the object, in any channel or palette, or in alpha
    /// if that is all the file has. The mask is turned as its own EXIF says.
    public init(contentsOf url: URL) throws(ImagingError) {
        self.init(try Bitmap(InputFile.bytes(of: url), name: InputFile.name(of: url)))
    }

    /// Decodes a mask file held in memory, by the same rules.
    public init(decoding data: Data) throws(ImagingError) {
        try self.init(decoding: data, name: "mask")
    }

    package init(decoding data: Data, name: String) throws(ImagingError) {
        self.init(try Bitmap([UInt8](data), name: name))
    }

    /// Takes the first reading of the file that tells pixels apart.
    ///
    /// The readings are, in this order: pixels that are painted and visible; pixels that are painted; pixels
    /// that are visible; pixels whose palette entry is not the first, since label maps are often saved with
    /// an all-black palette.
    package init(_ bitmap: Bitmap) {
        let painted = bitmap.marks { $0.isPainted }
        if !bitmap.hasAlpha, painted.tellsApart {
            self = painted
            return
        }
        let visible = bitmap.marks { $0.isVisible }
        let readings = [painted.intersection(visible), painted, visible, bitmap.marks { $0.isIndexed }]
        self = readings.first { $0.tellsApart } ?? painted
    }

    private var tellsApart: Bool { !isEmpty && area < width * height }
}

extension Bitmap {
    /// The properties of a stored pixel on which a mask may depend.
    fileprivate struct MaskSample {
        let isPainted: Bool
        let isVisible: Bool
        var isIndexed = false
    }

    /// The displayed pixels for which `question` holds.
    fileprivate func marks(_ question: (MaskSample) -> Bool) -> Mask {
        let (columns, rows) = orientation.swapsSides ? (height, width) : (width, height)
        let (start, right, down) = orientation.walk(width: width, height: height)
        let wide = depth == 16
        let pixel = channels * (wide ? 2 : 1)
        func isZero(_ from: Int, _ count: Int) -> Bool {
            for index in from..<from + count where bytes[index] != 0 { return false }
            return true
        }
        switch color {
        case .palette(let entries):
            let answers = entries.enumerated().map { index, entry in
                question(
                    MaskSample(
                        isPainted: entry.red | entry.green | entry.blue != 0, isVisible: entry.alpha != 0,
                        isIndexed: index != 0))
            }
            return Mask(width: columns, height: rows) { x, y in
                answers[Int(bytes[start + x * right + y * down])]
            }
        case .grayAlpha, .rgba:
            let alpha = wide ? 2 : 1
            return Mask(width: columns, height: rows) { x, y in
                let at = (start + x * right + y * down) * pixel
                return question(
                    MaskSample(
                        isPainted: !isZero(at, pixel - alpha), isVisible: !isZero(at + pixel - alpha, alpha)))
            }
        case .gray, .rgb:
            return Mask(width: columns, height: rows) { x, y in
                let at = (start + x * right + y * down) * pixel
                return question(MaskSample(isPainted: !isZero(at, pixel), isVisible: !isTransparentColor(at)))
            }
        }
    }

    private func isTransparentColor(_ at: Int) -> Bool {
        guard let transparentColor else { return false }
        return transparentColor.enumerated().allSatisfy { channel, value in
            if depth < 16 { return bytes[at + channel] == value }
            return bytes.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: at + 2 * channel, as: UInt16.self)
            } == value
        }
    }
}
