public import SpanielPlatform

extension Mask {
    /// The mask as an 8-bit gray PNG file: 255 where the object is, 0 elsewhere.
    ///
    /// - Precondition: the mask has at least one pixel.
    public func pngData() -> Data {
        let gray = [UInt8](unsafeUninitializedCapacity: width * height) { bytes, count in
            for y in 0..<height {
                for x in 0..<width {
                    bytes[y * width + x] =
                        words[y * wordsPerRow + x >> 6] >> UInt64(x & 63) & 1 != 0 ? 255 : 0
                }
            }
            count = width * height
        }
        return Data(PNG.encode(gray: gray, width: width, height: height))
    }
}
