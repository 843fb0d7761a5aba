extension Bitmap {
    /// The same picture with 8 bits a sample, by the range of its values.
    ///
    /// Scientific cameras, satellites and depth sensors store 10, 12 or 14 bits in 16, and nothing in the
    /// file says so. Gray is scaled from the fewest bits, at least 8, that hold its largest value:
    ///
    ///     v · 255 / (2^bits - 1), rounded
    ///
    /// so that values that fit 8 bits stay as they are, 12 bits are read as 12, and a picture that uses its
    /// 16 bits is divided by 257. So is one whose values are all multiples of 257: it was made from 8 bits.
    /// Colors, and gray beside alpha, keep their high byte, as in Pillow, unless their largest value fits 12
    /// bits, of which that would leave black; then they are scaled as gray is. Alpha keeps its high byte.
    func byRange() -> Bitmap {
        guard depth == 16 else { return self }
        let colors = Array(0..<channels - (color == .grayAlpha || color == .rgba ? 1 : 0))
        let bits = bitsInUse(channels: colors)
        if color != .gray && bits > 12 { return highBytes() }
        let top = (1 << bits) - 1
        let table = (0...65535).map { UInt8(min(255, ($0 * 255 + top / 2) / top)) }
        let key = color == .gray ? transparentColor?.first : nil
        var result = mapped16 { channel, value in
            channel < colors.count ? table[Int(value)] : UInt8(value >> 8)
        }
        if let key {
            // The one transparent value is told by all its 16 bits, which are gone afterwards.
            let opaque = mapped16 { _, value in value == key ? 0 : 255 }
            result.color = .grayAlpha
            result.transparentColor = nil
            result.bytes = zip(result.bytes, opaque.bytes).flatMap { [$0, $1] }
        }
        return result
    }

    /// The same picture with 8 bits a sample, as Pillow 13's convert("RGB") reduces it: colors keep their
    /// high byte, gray is cut off at 255.
    func asPillow() -> Bitmap {
        guard depth == 16 else { return self }
        return color == .gray ? mapped16 { _, value in UInt8(min(value, 255)) } : highBytes()
    }

    /// The high bytes of 16-bit samples.
    func highBytes() -> Bitmap { mapped16 { _, value in UInt8(value >> 8) } }

    /// The fewest bits, at least 8, that hold the largest 16-bit value of some channels; 16 when all values
    /// are multiples of 257.
    func bitsInUse(channels wanted: [Int]) -> Int {
        var largest: UInt16 = 0
        var isScaled = true
        bytes.withUnsafeBytes { raw in
            for pixel in 0..<width * height {
                for channel in wanted {
                    let value = raw.load(fromByteOffset: 2 * (pixel * channels + channel), as: UInt16.self)
                    largest = max(largest, value)
                    if value % 257 != 0 { isScaled = false }
                }
            }
        }
        return isScaled ? 16 : max(8, 16 - largest.leadingZeroBitCount)
    }

    /// Replaces every 16-bit sample by a byte.
    private func mapped16(_ body: (_ channel: Int, _ value: UInt16) -> UInt8) -> Bitmap {
        var result = self
        let (pixels, channels) = (width * height, channels)
        result.depth = 8
        result.bytes = [UInt8](unsafeUninitializedCapacity: pixels * channels) { output, count in
            bytes.withUnsafeBytes { raw in
                for pixel in 0..<pixels {
                    for channel in 0..<channels {
                        let at = pixel * channels + channel
                        output[at] = body(channel, raw.load(fromByteOffset: 2 * at, as: UInt16.self))
                    }
                }
            }
            count = pixels * channels
        }
        return result
    }
}
