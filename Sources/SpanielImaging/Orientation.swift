/// The way a stored picture must be turned for display, with EXIF's numbers.
package enum Orientation: Int, Sendable, CaseIterable {
    case upright = 1
    case mirrored, rotated180, flipped, transposed, rotated90, transversed, rotated270

    /// Whether width and height are exchanged for display.
    package var swapsSides: Bool { rawValue >= 5 }

    /// The place where the displayed pixel (x, y) is stored, as a start and the steps for one pixel right and
    /// one pixel down.
    /// - Parameters:
    ///   - width: the stored width.
    ///   - height: the stored height.
    /// - Returns: indices of pixels, row after row.
    package func walk(width: Int, height: Int) -> (start: Int, right: Int, down: Int) {
        let last = width * height - 1
        return switch self {
        case .upright: (0, 1, width)
        case .mirrored: (width - 1, -1, width)
        case .rotated180: (last, -1, -width)
        case .flipped: (last - (width - 1), 1, -width)
        case .transposed: (0, width, 1)
        case .rotated90: (last - (width - 1), -width, 1)
        case .transversed: (last, -width, -1)
        case .rotated270: (width - 1, width, -1)
        }
    }

    /// Turns stored pixels of `channels` bytes into displayed ones.
    package func apply(to pixels: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
        if self == .upright { return pixels }
        let (start, right, down) = walk(width: width, height: height)
        let (columns, rows) = swapsSides ? (height, width) : (width, height)
        return [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
            pixels.withUnsafeBufferPointer { input in
                // In square tiles, since a quarter turn reads down columns, and whole columns would miss the
                // cache at every pixel.
                let tile = swapsSides ? 32 : columns
                for top in stride(from: 0, to: rows, by: 32) {
                    for left in stride(from: 0, to: columns, by: tile) {
                        for y in top..<min(top + 32, rows) {
                            var from = (start + y * down + left * right) * channels
                            var to = (y * columns + left) * channels
                            for _ in left..<min(left + tile, columns) {
                                for channel in 0..<channels { output[to + channel] = input[from + channel] }
                                from += right * channels
                                to += channels
                            }
                        }
                    }
                }
            }
            count = pixels.count
        }
    }
}
