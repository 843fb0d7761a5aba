// Masks as sets of pixels: counting, combining, comparing. All of it works word by word, so that a mask of
// 12 megapixels takes well under a millisecond.

extension Mask {
    /// The number of pixels that are set.
    public var area: Int {
        var count = 0
        for word in words { count += word.nonzeroBitCount }
        return count
    }

    /// Whether no pixel is set.
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The smallest box around the set pixels, half-open; nil if none is set.
    public var box: Box? {
        guard let (xs, ys) = extent else { return nil }
        return Box(
            x1: Double(xs.lowerBound), y1: Double(ys.lowerBound), x2: Double(xs.upperBound),
            y2: Double(ys.upperBound))
    }

    /// The columns and the rows that hold set pixels; nil if none is set.
    package var extent: (x: Range<Int>, y: Range<Int>)? {
        guard let first = words.firstIndex(where: { $0 != 0 }), let last = words.lastIndex(where: { $0 != 0 })
        else { return nil }
        let rows = first / wordsPerRow..<last / wordsPerRow + 1
        var columns = [UInt64](repeating: 0, count: wordsPerRow)
        for y in rows {
            for i in 0..<wordsPerRow { columns[i] |= words[y * wordsPerRow + i] }
        }
        let left = columns.firstIndex { $0 != 0 }!
        let right = columns.lastIndex { $0 != 0 }!
        return (
            left * 64 + columns[left].trailingZeroBitCount..<right * 64 + 64
                - columns[right].leadingZeroBitCount, rows
        )
    }

    /// The pixels of either mask; masks of different sizes trap.
    public func union(_ other: Mask) -> Mask {
        var result = self
        result.formUnion(other)
        return result
    }

    /// The pixels of both masks; masks of different sizes trap.
    public func intersection(_ other: Mask) -> Mask {
        var result = self
        result.formIntersection(other)
        return result
    }

    /// The pixels of this mask that are not in the other; masks of different sizes trap.
    public func subtracting(_ other: Mask) -> Mask {
        var result = self
        result.subtract(other)
        return result
    }

    /// Adds the pixels of another mask; masks of different sizes trap.
    public mutating func formUnion(_ other: Mask) {
        checkSameSize(other, "union")
        for i in words.indices { words[i] |= other.words[i] }
    }

    /// Drops the pixels that are not in another mask; masks of different sizes trap.
    public mutating func formIntersection(_ other: Mask) {
        checkSameSize(other, "intersection")
        for i in words.indices { words[i] &= other.words[i] }
    }

    /// Drops the pixels of another mask; masks of different sizes trap.
    public mutating func subtract(_ other: Mask) {
        checkSameSize(other, "subtraction")
        for i in words.indices { words[i] &= ~other.words[i] }
    }

    /// The pixels that are not set.
    public var inverted: Mask {
        var result = self
        for i in words.indices { result.words[i] = ~words[i] }
        result.clearPadding()
        return result
    }

    /// The number of pixels that two masks share; masks of different sizes trap.
    public func intersectionArea(with other: Mask) -> Int {
        checkSameSize(other, "intersection")
        var count = 0
        for i in words.indices { count += (words[i] & other.words[i]).nonzeroBitCount }
        return count
    }

    /// The intersection over union, 0…1; 0 if both are empty. Masks of different sizes trap.
    public func iou(_ other: Mask) -> Double {
        checkSameSize(other, "IoU")
        var shared = 0
        var either = 0
        for i in words.indices {
            shared += (words[i] & other.words[i]).nonzeroBitCount
            either += (words[i] | other.words[i]).nonzeroBitCount
        }
        return either > 0 ? Double(shared) / Double(either) : 0
    }

    private func checkSameSize(_ other: Mask, _ operation: String) {
        precondition(
            width == other.width && height == other.height,
            "Mask \(operation): \(width)×\(height) against \(other.width)×\(other.height)")
    }
}
