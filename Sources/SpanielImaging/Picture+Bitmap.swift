extension Picture {
    /// Turns a decoded bitmap into displayed RGB, sample for sample as Pillow 13 and transformers 5.23 do, but
    /// for 16-bit samples, which are read by their range.
    package init(_ bitmap: Bitmap, transparency: Transparency) {
        let bitmap = transparency == .white ? bitmap.byRange() : bitmap.asPillow()
        let onWhite = transparency == .white && bitmap.hasAlpha
        let rgb: [UInt8]
        switch bitmap.color {
        case .rgb: rgb = onWhite ? bitmap.keyed(channels: 3) : bitmap.bytes
        case .rgba:
            rgb = bitmap.mapped { input, output in
                for channel in 0..<3 {
                    output[channel] = onWhite ? onWhitePaper(input[channel], input[3]) : input[channel]
                }
            }
        case .gray:
            let table = bitmap.grayTable()
            var reduced = bitmap
            reduced.bytes = bitmap.bytes.map { table[Int($0)] }
            rgb =
                onWhite
                ? reduced.keyed(channels: 1)
                : reduced.mapped { input, output in for c in 0..<3 { output[c] = input[0] } }
        case .grayAlpha:
            rgb = bitmap.mapped { input, output in
                let value = onWhite ? onWhitePaper(input[0], input[1]) : input[0]
                for channel in 0..<3 { output[channel] = value }
            }
        case .palette(let entries):
            let colors = entries.map { entry in
                [entry.red, entry.green, entry.blue].map { onWhite ? onWhitePaper($0, entry.alpha) : $0 }
            }.flatMap { $0 }
            rgb = bitmap.mapped { input, output in
                for c in 0..<3 { output[c] = colors[3 * Int(input[0]) + c] }
            }
        }
        let (width, height) =
            bitmap.orientation.swapsSides ? (bitmap.height, bitmap.width) : (bitmap.width, bitmap.height)
        let displayed = bitmap.orientation.apply(
            to: rgb, width: bitmap.width, height: bitmap.height, channels: 3)
        self.init(rgb: displayed, width: width, height: height)
    }
}

/// One sample composited on white in Pillow's fixed-point arithmetic.
@inline(__always)
private func onWhitePaper(_ value: UInt8, _ alpha: UInt8) -> UInt8 {
    // Pillow carries 7 extra bits; over an opaque background its weights are alpha · 128 and (255 - alpha) ·
    // 128.
    let sum = UInt32(value) &* UInt32(alpha) &* 128 &+ 255 &* (255 &- UInt32(alpha)) &* 128 &+ 0x80 &* 128
    return UInt8(truncatingIfNeeded: (((sum >> 8) &+ sum) >> 8) >> 7)
}

extension Bitmap {
    /// Calls `body` with each pixel's samples and the place of its three output bytes.
    @inline(__always)
    fileprivate func mapped(_ body: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
        let pixels = width * height
        let channels = channels
        return [UInt8](unsafeUninitializedCapacity: 3 * pixels) { output, count in
            bytes.withUnsafeBufferPointer { input in
                for pixel in 0..<pixels {
                    body(input.baseAddress! + pixel * channels, output.baseAddress! + 3 * pixel)
                }
            }
            count = 3 * pixels
        }
    }

    /// 8-bit gray for each sample of up to 8 bits.
    fileprivate func grayTable() -> [UInt8] {
        let top = (1 << min(depth, 8)) - 1
        return (0...255).map { UInt8(min($0, top) * 255 / top) }
    }

    /// Pixels equal to the transparent color become white. As in Pillow the comparison is between 8-bit
    /// samples, after their reduction, and the low byte of the file's value, which for gray of 2 and 4 bits
    /// and colors of 16 is seldom what the file meant.
    fileprivate func keyed(channels: Int) -> [UInt8] {
        let values = transparentColor ?? [0]
        let low = values.map { depth == 1 ? ($0 == 0 ? UInt8(0) : 255) : UInt8(truncatingIfNeeded: $0) }
        let key = (low[0], low[low.count - 2 < 0 ? 0 : 1], low[low.count - 1])
        return mapped { input, output in
            let (r, g, b) = channels == 1 ? (input[0], input[0], input[0]) : (input[0], input[1], input[2])
            let isKey = r == key.0 && g == key.1 && b == key.2
            output[0] = isKey ? 255 : r
            output[1] = isKey ? 255 : g
            output[2] = isKey ? 255 : b
        }
    }
}
