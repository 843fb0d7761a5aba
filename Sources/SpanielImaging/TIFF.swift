#if !canImport(ImageIO)
    import CSpanielFormats
#endif

/// Reading the first page of a TIFF through libtiff.
enum TIFF {}

#if !canImport(ImageIO)
    extension TIFF {
        static let library = SystemLibrary(
            file: "libtiff.so.6", package: "libtiff6", isHere: spaniel_tiff_load())

        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try TIFFHeader(bytes, name: name)
            try library.require(for: .tiff, name: name)
            let wanted = header.wanted
            var layout = spaniel_tiff_layout(
                width: UInt32(header.width), height: UInt32(header.height),
                compression: UInt16(clamping: header.compression),
                orientation: UInt16(header.storedOrientation), bits: Int32(header.bits),
                samples: Int32(header.samples), wanted: Int32(wanted), separate: header.isSeparate,
                converted: header.colors == .converted)
            let count = header.width * header.height * wanted * (header.bits > 8 ? 2 : 1)
            let samples = try SystemLibrary.pixels(count: count, library: "libtiff", name: name) {
                spaniel_tiff_decode(
                    bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &layout, $0, $1)
            }
            return header.bitmap(of: samples)
        }
    }

    extension TIFFHeader {
        /// The samples of a pixel that are taken.
        fileprivate var wanted: Int {
            switch colors {
            case .gray, .palette: alpha == .none ? 1 : 2
            case .rgb, .converted: alpha == .none ? 3 : 4
            case .inks: 4
            }
        }

        fileprivate func bitmap(of samples: [UInt8]) -> Bitmap {
            var bitmap = Bitmap(
                width: width, height: height, color: .rgb, depth: bits > 8 ? 16 : bits, bytes: samples,
                hasAlpha: alpha != .none, orientation: orientation)
            switch colors {
            case .gray(let whiteIsZero):
                bitmap.color = alpha == .none ? .gray : .grayAlpha
                if isSigned && bits == 16 { bitmap.clampNegatives() }
                if whiteIsZero { bitmap.invert(bits: bits) }
            case .palette(let entries): bitmap.color = .palette(entries)
            case .rgb: bitmap.color = alpha == .none ? .rgb : .rgba
            case .converted: bitmap.depth = 8
            case .inks: bitmap.replaceInks()
            }
            if alpha == .multiplied { bitmap.divideByAlpha() }
            return bitmap
        }
    }

    extension Bitmap {
        /// Samples of 16 bits one by one.
        fileprivate mutating func forEach16(_ body: (inout UInt16) -> Void) {
            bytes.withUnsafeMutableBytes { raw in
                for offset in stride(from: 0, to: raw.count - 1, by: 2) {
                    var value = raw.load(fromByteOffset: offset, as: UInt16.self)
                    body(&value)
                    raw.storeBytes(of: value, toByteOffset: offset, as: UInt16.self)
                }
            }
        }

        /// What lies below zero is zero.
        fileprivate mutating func clampNegatives() {
            forEach16 { if $0 > 0x7FFF { $0 = 0 } }
        }

        /// Zero is white: every value is taken from the top of its range.
        fileprivate mutating func invert(bits: Int) {
            if depth < 16 {
                let top = UInt8((1 << bits) - 1)
                for index in bytes.indices { bytes[index] = top - min(top, bytes[index]) }
            } else {
                let top = UInt16(truncatingIfNeeded: (1 << (bits == 12 ? 12 : bitsInUse(channels: [0]))) - 1)
                forEach16 { $0 = top - min(top, $0) }
            }
        }

        /// Cyan, magenta, yellow and black to RGB in Pillow's arithmetic, from the high bytes where there are
        /// two.
        fileprivate mutating func replaceInks() {
            let step = depth == 16 ? 2 : 1
            let high = depth == 16 && 1.littleEndian == 1 ? 1 : 0
            let pixels = width * height
            bytes = [UInt8](unsafeUninitializedCapacity: 3 * pixels) { output, count in
                bytes.withUnsafeBufferPointer { input in
                    for pixel in 0..<pixels {
                        let at = 4 * pixel * step + high
                        let light = 255 - Int(input[at + 3 * step])
                        for c in 0..<3 {
                            let product = Int(input[at + c * step]) * light + 128
                            output[3 * pixel + c] = UInt8(
                                max(0, light - ((product >> 8) + product) >> 8))
                        }
                    }
                }
                count = 3 * pixels
            }
            depth = 8
        }

        /// Colors multiplied by alpha become what they were, as Pillow divides them.
        fileprivate mutating func divideByAlpha() {
            let channels = channels
            if depth == 16 { self = highBytes() }
            for pixel in stride(from: 0, to: bytes.count, by: channels) {
                let alpha = Int(bytes[pixel + channels - 1])
                guard alpha != 0, alpha != 255 else { continue }
                for c in pixel..<pixel + channels - 1 {
                    bytes[c] = UInt8(min(255, 255 * Int(bytes[c]) / alpha))
                }
            }
        }
    }
#endif
