#if canImport(ImageIO)
    import CoreGraphics
    package import Foundation
    package import ImageIO

    // On Apple platforms the system's codecs stand in for libpng and libjpeg-turbo. Headers, limits and
    // orientation are read by the same code as elsewhere; pixels may differ from Pillow's by a rounding,
    // since the system manages colors.

    extension PNG {
        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try PNGHeader(bytes, name: name)
            return try SystemCodec.decode(
                bytes, width: header.width, height: header.height, hasAlpha: header.hasAlpha,
                orientation: header.orientation, name: name)
        }

        static func encode(
            _ rows: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int, depth: Int, level: Int
        ) -> [UInt8] {
            SystemCodec.encode(
                rows, width: width, height: height, channels: channels, depth: depth, type: "public.png",
                quality: 1)
        }
    }

    extension JPEG {
        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try JPEGHeader(bytes, name: name)
            return try SystemCodec.decode(
                bytes, width: header.width, height: header.height, hasAlpha: false,
                orientation: header.orientation, name: name)
        }

        package static func encode(
            _ pixels: [UInt8], width: Int, height: Int, channels: Int, quality: Int, name: String = "JPEG"
        ) throws(ImagingError) -> [UInt8] {
            try Bitmap.check(width: width, height: height, side: Limits.jpegSide, name: name)
            return pixels.withUnsafeBytes {
                SystemCodec.encode(
                    $0, width: width, height: height, channels: channels, depth: 8, type: "public.jpeg",
                    quality: Double(quality) / 100)
            }
        }
    }

    extension WebP {
        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try WebPHeader(bytes, name: name)
            return try SystemCodec.decode(
                bytes, width: header.width, height: header.height, hasAlpha: header.hasAlpha,
                orientation: header.orientation, name: name)
        }
    }

    extension TIFF {
        static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) -> Bitmap {
            let header = try TIFFHeader(bytes, name: name)
            return try SystemCodec.decode(
                bytes, width: header.width, height: header.height, hasAlpha: header.alpha != .none,
                orientation: header.orientation, name: name)
        }
    }

    extension HEIF {
        static func decode(_ bytes: UnsafeRawBufferPointer, _ format: ImageFormat, name: String)
            throws(ImagingError) -> Bitmap
        {
            let stored = try stored(bytes, name: name)
            return try SystemCodec.decode(
                bytes, width: stored.width, height: stored.height, hasAlpha: stored.hasAlpha,
                orientation: stored.orientation, name: name)
        }

        static func size(_ bytes: UnsafeRawBufferPointer, _ format: ImageFormat, name: String)
            throws(ImagingError) -> Size
        {
            let stored = try stored(bytes, name: name)
            return stored.orientation.swapsSides
                ? Size(width: stored.height, height: stored.width)
                : Size(width: stored.width, height: stored.height)
        }

        /// What ImageIO says of the picture before it is turned; the orientation is the boxes', not EXIF's.
        private static func stored(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError)
            -> (width: Int, height: Int, hasAlpha: Bool, orientation: Orientation)
        {
            try checkBoxes(bytes, name: name)
            guard let source = CGImageSourceCreateWithData(Data(bytes) as CFData, nil),
                let found = CGImageSourceCopyPropertiesAtIndex(
                    source, CGImageSourceGetPrimaryImageIndex(source), nil) as? [CFString: Any],
                let width = found[kCGImagePropertyPixelWidth] as? Int,
                let height = found[kCGImagePropertyPixelHeight] as? Int
            else { throw .corrupt(file: name, found: "ImageIO cannot read its headers") }
            try Bitmap.check(width: width, height: height, side: Limits.pngSide, name: name)
            let orientation = (found[kCGImagePropertyOrientation] as? Int).flatMap(
                Orientation.init(rawValue:))
            return (
                width, height, found[kCGImagePropertyHasAlpha] as? Bool ?? false, orientation ?? .upright
            )
        }
    }

    private enum SystemCodec {
        static func decode(
            _ bytes: UnsafeRawBufferPointer, width: Int, height: Int, hasAlpha: Bool,
            orientation: Orientation, name: String
        ) throws(ImagingError) -> Bitmap {
            guard let source = CGImageSourceCreateWithData(Data(bytes) as CFData, nil) else {
                throw .corrupt(file: name, found: "ImageIO cannot decode it")
            }
            let index = CGImageSourceGetPrimaryImageIndex(source)
            guard CGImageSourceGetStatusAtIndex(source, index) == .statusComplete,
                let image = CGImageSourceCreateImageAtIndex(source, index, nil), image.width == width,
                image.height == height
            else { throw .corrupt(file: name, found: "ImageIO cannot decode it") }
            if let samples = gray16(image) {
                return Bitmap(
                    width: width, height: height, color: .gray, depth: 16, bytes: samples,
                    orientation: orientation)
            }
            var pixels = [UInt8](repeating: 0, count: 4 * width * height)
            let drawn = pixels.withUnsafeMutableBytes { buffer in
                guard
                    let context = CGContext(
                        data: buffer.baseAddress, width: width, height: height, bitsPerComponent: 8,
                        bytesPerRow: 4 * width,
                        space: CGColorSpace(name: CGColorSpace.sRGB)!,
                        bitmapInfo: CGImageAlphaInfo.premultipliedLast.rawValue)
                else { return false }
                context.draw(image, in: CGRect(x: 0, y: 0, width: width, height: height))
                return true
            }
            guard drawn else { throw .corrupt(file: name, found: "ImageIO cannot draw it") }
            if hasAlpha {
                for pixel in stride(from: 0, to: pixels.count, by: 4) where pixels[pixel + 3] > 0 {
                    let alpha = Int(pixels[pixel + 3])
                    for c in pixel..<pixel + 3 {
                        pixels[c] = UInt8(min(255, (Int(pixels[c]) * 255 + alpha / 2) / alpha))
                    }
                }
            }
            return Bitmap(
                width: width, height: height, color: .rgba, bytes: pixels, hasAlpha: hasAlpha,
                orientation: orientation)
        }

        /// 16-bit gray as it is stored, which drawing would reduce; nil for every other kind of picture.
        private static func gray16(_ image: CGImage) -> [UInt8]? {
            guard image.bitsPerComponent == 16, image.bitsPerPixel == 16, image.alphaInfo == .none,
                image.colorSpace?.model == .monochrome, !image.bitmapInfo.contains(.floatComponents),
                let data = image.dataProvider?.data as Data?
            else { return nil }
            let isLittle = image.byteOrderInfo == .order16Little
            var samples: [UInt8] = []
            samples.reserveCapacity(2 * image.width * image.height)
            for y in 0..<image.height {
                let start = data.startIndex + y * image.bytesPerRow
                guard start + 2 * image.width <= data.endIndex else { return nil }
                for at in stride(from: start, to: start + 2 * image.width, by: 2) {
                    // Apple's processors are little-endian.
                    samples += isLittle ? [data[at], data[at + 1]] : [data[at + 1], data[at]]
                }
            }
            return samples
        }

        static func encode(
            _ rows: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int, depth: Int, type: String,
            quality: Double
        ) -> [UInt8] {
            let data = NSMutableData()
            guard let provider = CGDataProvider(data: Data(rows) as CFData),
                let image = CGImage(
                    width: width, height: height, bitsPerComponent: depth, bitsPerPixel: depth * channels,
                    bytesPerRow: (width * channels * depth + 7) / 8,
                    space: channels == 1
                        ? CGColorSpaceCreateDeviceGray() : CGColorSpace(name: CGColorSpace.sRGB)!,
                    bitmapInfo: depth == 16 ? .byteOrder16Little : [], provider: provider, decode: nil,
                    shouldInterpolate: false,
                    intent: .defaultIntent),
                let destination = CGImageDestinationCreateWithData(data, type as CFString, 1, nil)
            else {
                fatalError("encode: \(width) x \(height) pixels of \(channels) channels and \(depth) bits")
            }
            CGImageDestinationAddImage(
                destination, image, [kCGImageDestinationLossyCompressionQuality: quality] as CFDictionary)
            guard CGImageDestinationFinalize(destination) else { fatalError("encode: ImageIO failed") }
            return [UInt8](data as Data)
        }
    }
#endif
