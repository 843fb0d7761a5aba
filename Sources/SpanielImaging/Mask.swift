/// The pixels of a picture that belong to an object: one bit a pixel, row after row, each row in whole 64-bit
/// words.
///
///     var mask = Mask(width: 4, height: 3)
///     mask[1, 0] = true  // x, then y
///     mask.formUnion(Mask(box: Box(x1: 1, y1: 0, x2: 3, y2: 2), size: mask.size))
///     print(mask.area, mask.rle.counts)  // 4 [3, 2, 1, 2, 4]
public struct Mask: Sendable, Equatable {
    /// The number of columns.
    public let width: Int
    /// The number of rows.
    public let height: Int
    /// The number of words in a row.
    package let wordsPerRow: Int
    /// The words of all rows: bit x % 64 of word x / 64 of a row is pixel x. The bits beyond the width are
    /// zero, on which areas and comparisons rely.
    package var words: [UInt64]

    /// A mask with no pixel set, or with all of them; a negative size traps.
    /// - Parameters:
    ///   - width: the number of columns.
    ///   - height: the number of rows.
    ///   - filled: whether all pixels are set. Default: none is.
    public init(width: Int, height: Int, filled: Bool = false) {
        precondition(width >= 0 && height >= 0, "Mask: \(width)×\(height) is no size")
        self.width = width
        self.height = height
        wordsPerRow = (width + 63) / 64
        words = [UInt64](repeating: filled ? ~0 : 0, count: wordsPerRow * height)
        if filled { clearPadding() }
    }

    /// A mask with no pixel set, or with all of them; a negative size traps.
    public init(size: Size, filled: Bool = false) {
        self.init(width: size.width, height: size.height, filled: filled)
    }

    /// A mask of one value for each pixel, row after row; a wrong number of values traps.
    public init(width: Int, height: Int, values: [Bool]) {
        precondition(
            values.count == width * height, "Mask: \(values.count) values for \(width)×\(height) pixels")
        self.init(width: width, height: height) { x, y in values[y * width + x] }
    }

    /// A mask of the pixels, x then y, for which `isObject` holds.
    public init(width: Int, height: Int, where isObject: (_ x: Int, _ y: Int) throws -> Bool) rethrows {
        self.init(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width where try isObject(x, y) {
                words[y * wordsPerRow + x >> 6] |= 1 << UInt64(x & 63)
            }
        }
    }

    /// The width and the height in pixels.
    public var size: Size { Size(width: width, height: height) }

    /// Whether a pixel, x then y, belongs to the object; a position outside the mask traps.
    public subscript(x: Int, y: Int) -> Bool {
        get {
            checkInside(x, y)
            return words[y * wordsPerRow + x >> 6] >> UInt64(x & 63) & 1 != 0
        }
        set {
            checkInside(x, y)
            let bit: UInt64 = 1 << UInt64(x & 63)
            if newValue {
                words[y * wordsPerRow + x >> 6] |= bit
            } else {
                words[y * wordsPerRow + x >> 6] &= ~bit
            }
        }
    }

    private func checkInside(_ x: Int, _ y: Int) {
        precondition(
            x >= 0 && x < width && y >= 0 && y < height,
            "Mask: pixel \(x), \(y) is outside \(width)×\(height)")
    }

    /// The bits of a row's last word that stand for pixels.
    var lastWordMask: UInt64 { width & 63 == 0 ? ~0 : (1 << UInt64(width & 63)) - 1 }

    mutating func clearPadding() {
        guard width & 63 != 0 else { return }
        let keep = lastWordMask
        for last in stride(from: wordsPerRow - 1, to: words.count, by: wordsPerRow) { words[last] &= keep }
    }
}
