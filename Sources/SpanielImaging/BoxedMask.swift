/// A mask that keeps only the part around its pixels, so that a thousand small objects of a large picture
/// take no more memory than one large one.
///
///     let boxed = BoxedMask(mask)
///     print(boxed.area == mask.area, boxed.mask == mask)  // true true
package struct BoxedMask: Sendable, Equatable {
    /// The size of the whole picture in pixels.
    package let size: Size
    /// The rows that are kept.
    private let rows: Range<Int>
    /// The words of each row that are kept: word i holds the pixels from 64 i on.
    private let columns: Range<Int>
    /// The kept words, row after row.
    private var words: [UInt64]

    /// Keeps the part of a mask around its set pixels.
    package init(_ mask: Mask) {
        size = mask.size
        guard let (xs, ys) = mask.extent else {
            (rows, columns, words) = (0..<0, 0..<0, [])
            return
        }
        let kept = xs.lowerBound / 64..<(xs.upperBound + 63) / 64
        (rows, columns) = (ys, kept)
        words = ys.flatMap { y in
            mask.words[y * mask.wordsPerRow + kept.lowerBound..<y * mask.wordsPerRow + kept.upperBound]
        }
    }

    /// The mask at the size of the picture; made anew at each call.
    package var mask: Mask {
        var mask = Mask(size: size)
        for (i, y) in rows.enumerated() {
            mask.words.replaceSubrange(
                y * mask.wordsPerRow + columns.lowerBound..<y * mask.wordsPerRow + columns.upperBound,
                with: words[i * columns.count..<(i + 1) * columns.count])
        }
        return mask
    }

    /// The number of pixels that are set.
    package var area: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The smallest box around the set pixels, half-open; nil if none is set.
    package var box: Box? {
        let width = columns.count
        guard let first = words.firstIndex(where: { $0 != 0 }), let last = words.lastIndex(where: { $0 != 0 })
        else { return nil }
        var joined = [UInt64](repeating: 0, count: width)
        for i in words.indices { joined[i % width] |= words[i] }
        guard let left = joined.firstIndex(where: { $0 != 0 }),
            let right = joined.lastIndex(where: { $0 != 0 })
        else { return nil }
        let (x, y) = (64 * columns.lowerBound, rows.lowerBound)
        return Box(
            x1: Double(x + left * 64 + joined[left].trailingZeroBitCount), y1: Double(y + first / width),
            x2: Double(x + right * 64 + 64 - joined[right].leadingZeroBitCount),
            y2: Double(y + last / width + 1))
    }

    /// The number of pixels that two masks of one picture share.
    package func intersectionArea(with other: BoxedMask) -> Int {
        var count = 0
        forEachShared(other) { mine, its in count += (words[mine] & other.words[its]).nonzeroBitCount }
        return count
    }

    /// Drops the pixels of another mask of the same picture.
    package mutating func subtract(_ other: BoxedMask) {
        var left = words
        forEachShared(other) { mine, its in left[mine] &= ~other.words[its] }
        words = left
    }

    /// Adds the pixels of another mask, which may lie in a part of the picture.
    /// - Parameters:
    ///   - x: the column of the picture where the part begins.
    ///   - y: the row of the picture where the part begins.
    package init(_ part: Mask, x: Int, y: Int, in size: Size) {
        var whole = Mask(size: size)
        for row in 0..<part.height {
            part.forEachRun(inRow: row) { run in
                whole.set(run.lowerBound + x..<run.upperBound + x, inRow: row + y)
            }
        }
        self.init(whole)
    }

    /// Calls `body` with the places of each word that both keep.
    private func forEachShared(_ other: BoxedMask, _ body: (_ mine: Int, _ its: Int) -> Void) {
        precondition(size == other.size, "masks of \(size) and \(other.size)")
        let shared = columns.clamped(to: other.columns)
        guard !shared.isEmpty else { return }
        for y in rows.clamped(to: other.rows) {
            let mine = (y - rows.lowerBound) * columns.count - columns.lowerBound
            let its = (y - other.rows.lowerBound) * other.columns.count - other.columns.lowerBound
            for i in shared { body(mine + i, its + i) }
        }
    }
}
