/// What the first directory of a TIFF says of its picture.
struct TIFFHeader {
    /// What the first samples of a pixel are.
    enum Colors: Equatable {
        case gray(whiteIsZero: Bool)
        case rgb
        case palette([Bitmap.PaletteEntry])
        case inks
        /// Brightness and colors apart: libtiff makes RGB of them.
        case converted
    }

    enum Alpha: Equatable {
        case none
        case plain
        /// The colors are already multiplied by it.
        case multiplied
    }

    var width = 0
    var height = 0
    /// Bits of a sample.
    var bits = 1
    /// Samples of a pixel, those included that mean nothing to us.
    var samples = 1
    var compression = 1
    /// Whether each sample has a plane of its own.
    var isSeparate = false
    /// Whether samples have a sign.
    var isSigned = false
    var colors = Colors.rgb
    var alpha = Alpha.none
    var orientation = Orientation.upright

    /// As stored in the file, against `Orientation`, which XMP may give too.
    var storedOrientation = 1

    init(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        let directory = try TIFFDirectory(bytes, name: name)
        try Self.refuseRaw(bytes, directory, name: name)
        width = directory.number(256) ?? 0
        height = directory.number(257) ?? 0
        try Bitmap.check(width: width, height: height, side: Limits.pngSide, name: name)
        try Self.checkEnd(bytes, directory, name: name)
        compression = directory.number(259) ?? 1
        isSeparate = directory.number(284) == 2
        let stored = directory.number(274)
        storedOrientation = stored.flatMap { (1...8).contains($0) ? $0 : nil } ?? 1
        orientation =
            stored.map { Orientation(rawValue: $0) ?? .upright }
            ?? directory.data(700).flatMap { Orientation(xmp: $0) } ?? .upright
        try readSamples(directory, name: name)
    }

    /// Raw pictures of cameras are TIFF files too, whose first page is a small preview.
    private static func refuseRaw(
        _ bytes: UnsafeRawBufferPointer, _ directory: TIFFDirectory, name: String
    ) throws(ImagingError) {
        let isCanon = bytes.count >= 10 && bytes[8] == UInt8(ascii: "C") && bytes[9] == UInt8(ascii: "R")
        let isPreview = (directory.number(254) ?? 0) & 1 != 0 && directory.has(330)
        if isCanon || isPreview || directory.has(50706) {
            throw .format(
                file: name, found: "a raw picture of a camera",
                fix: "convert it: darktable-cli IN OUT.jpg (Debian package darktable)")
        }
    }

    /// Refuses a file that ends before its strips or tiles do.
    private static func checkEnd(
        _ bytes: UnsafeRawBufferPointer, _ directory: TIFFDirectory, name: String
    ) throws(ImagingError) {
        for (places, counts) in [(273, 279), (324, 325)] {
            for (place, count) in zip(directory.numbers(places), directory.numbers(counts))
            where place > bytes.count || count > bytes.count - place {
                throw .truncated(
                    file: name, found: "the file ends after \(bytes.count) bytes, inside its pixels")
            }
        }
    }

    private mutating func readSamples(_ directory: TIFFDirectory, name: String) throws(ImagingError) {
        samples = directory.number(277) ?? 1
        let depths = directory.numbers(258)
        bits = depths.first ?? 1
        let format = directory.number(339) ?? 1
        isSigned = format == 2
        let extra = directory.numbers(338)
        let photometric = directory.number(262)
        func refuse(_ what: String) -> ImagingError { .unsupported(file: name, found: "a TIFF of \(what)") }

        // Samples nobody wants cost memory too.
        guard samples >= 1, samples <= 1024,
            width * height <= 4 * Limits.pixels / samples
        else { throw refuse("\(samples) samples a pixel") }
        guard format != 3 else { throw refuse("\(bits)-bit floating-point samples") }
        guard depths.allSatisfy({ $0 == bits }) else { throw refuse("samples of unequal bits") }
        guard compression != 6 else { throw refuse("the JPEG compression of 1992") }

        let allowed: [Int]
        let colorSamples: Int
        switch photometric {
        case 0, 1:
            // Bands without names: three or more show as they do in a map viewer, the first three as red,
            // green and blue.
            let isBands = samples - extra.count { $0 == 1 || $0 == 2 } >= 3
            colors = isBands ? .rgb : .gray(whiteIsZero: photometric == 0)
            (allowed, colorSamples) = isBands ? ([8, 16], 3) : ([1, 2, 4, 8, 12, 16], 1)
        case 2:
            (colors, allowed, colorSamples) = (.rgb, [8, 16], 3)
        case 3:
            colors = .palette(Self.palette(directory.numbers(320), bits: bits))
            (allowed, colorSamples) = ([1, 2, 4, 8], 1)
        case 5:
            (colors, allowed, colorSamples) = (.inks, [8, 16], 4)
            guard directory.number(332) ?? 1 == 1 else { throw refuse("inks other than CMYK") }
        case 6 where samples == 3 && compression == 7 && !isSeparate:
            (colors, allowed, colorSamples) = (.rgb, [8], 3)
        case 6:
            (colors, allowed, colorSamples) = (.converted, [8], 3)
        case 8, 9, 10: throw refuse("CIELab colors")
        case nil: throw .corrupt(file: name, found: "a TIFF that does not say what its samples mean")
        case .some(let number): throw refuse("samples of kind \(number) (raw sensor data, depth or the like)")
        }
        guard allowed.contains(bits) else { throw refuse("\(bits)-bit samples") }
        guard samples >= colorSamples else {
            throw .corrupt(
                file: name, found: "a TIFF of \(samples) samples a pixel, expected \(colorSamples)")
        }
        // The sample after the colors; some writers of RGBA forget to say so.
        if (colors == .rgb && photometric == 2) || colors == .gray(whiteIsZero: false), bits >= 8, bits != 12,
            samples > colorSamples
        {
            switch extra.first {
            case 1: alpha = .multiplied
            case 2: alpha = .plain
            case nil where samples == 4 && colors == .rgb: alpha = .plain
            default: alpha = .none
            }
        }
    }

    /// Colors of 16 bits, all reds first, as Pillow reduces them; some writers give 8 bits.
    private static func palette(_ values: [Int], bits: Int) -> [Bitmap.PaletteEntry] {
        var entries = [Bitmap.PaletteEntry](repeating: .init(), count: 256)
        let count = min(values.count / 3, 256)
        let shift = values.allSatisfy { $0 < 256 } ? 0 : 8
        func color(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: values[index] >> shift) }
        for index in 0..<count {
            entries[index] = .init(
                red: color(index), green: color(values.count / 3 + index),
                blue: color(values.count / 3 * 2 + index))
        }
        return entries
    }
}
