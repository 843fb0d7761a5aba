/// Which pixels of a picture belong to an object: one bit a pixel, row after row, each row in whole 64-bit
/// words.
public struct Mask: Sendable, Equatable {
    /// In pixels.
    public let width: Int
    /// In pixels.
    public let height: Int
    /// Words in a row.
    package let wordsPerRow: Int
    /// Bit x % 64 of word x / 64 of a row is pixel x. The bits past the width are zero: areas and comparisons
    /// rely on it.
    package var words: [UInt64]

    /// A mask with no pixel set, or with all of them.
    ///
    /// A negative size is a programming mistake and traps.
    public init(width: Int, height: Int, filled: Bool = false) {
        precondition(width >= 0 && height >= 0, "Mask: \(width)×\(height) is no size")
        self.width = width
        self.height = height
        wordsPerRow = (width + 63) / 64
        words = [UInt64](repeating: filled ? ~0 : 0, count: wordsPerRow * height)
        if filled { clearPadding() }
    }

    /// A mask with no pixel set, or with all of them.
    public init(size: Size, filled: Bool = false) {
        self.init(width: size.width, height: size.height, filled: filled)
    }

    /// A mask from one value a pixel, row after row; a wrong count traps.
    public init(width: Int, height: Int, values: [Bool]) {
        precondition(
            values.count == width * height, "Mask: \(values.count) values for \(width)×\(height) pixels")
        self.init(width: width, height: height) { x, y in values[y * width + x] }
    }

    /// The mask of the pixels for which `isObject` holds.
    public init(width: Int, height: Int, where isObject: (_ x: Int, _ y: Int) throws -> Bool) rethrows {
        self.init(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width where try isObject(x, y) {
                words[y * wordsPerRow + x >> 6] |= 1 << UInt64(x & 63)
            }
        }
    }

    public var size: Size { Size(width: width, height: height) }

    /// Whether a pixel belongs to the object; a position outside the mask traps.
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

    /// The bits of a row's last word that are pixels.
    var lastWordMask: UInt64 { width & 63 == 0 ? ~0 : (1 << UInt64(width & 63)) - 1 }

    mutating func clearPadding() {
        guard width & 63 != 0 else { return }
        let keep = lastWordMask
        for last in stride(from: wordsPerRow - 1, to: words.count, by: wordsPerRow) { words[last] &= keep }
    }
}
