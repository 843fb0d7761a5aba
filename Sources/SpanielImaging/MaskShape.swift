// Masks made from boxes, and masks moved, dilated or resized.

extension Mask {
    /// The pixels whose centres lie in a box; the part outside the picture is dropped.
    public init(box: Box, size: Size) {
        self.init(size: size)
        let columns = Self.centers(from: box.x1, to: box.x2, limit: width)
        for y in Self.centers(from: box.y1, to: box.y2, limit: height) { set(columns, inRow: y) }
    }

    /// The whole numbers i of 0..<limit with from ≤ i + ½ < to; none if a bound is NaN.
    static func centers(from low: Double, to high: Double, limit: Int) -> Range<Int> {
        guard low < high else { return 0..<0 }
        let first = Int(min(Double(limit), max(0, (low - 0.5).rounded(.up))))
        let end = Int(min(Double(limit), max(0, (high - 0.5).rounded(.up))))
        return first..<max(first, end)
    }

    /// Adds every pixel within `radius` columns and rows of the object, as a square brush of side 2 · radius
    /// + 1 does.
    /// - Parameter radius: in pixels; a negative one traps.
    public func dilated(by radius: Int) -> Mask {
        precondition(radius >= 0, "Mask: dilation by \(radius)")
        guard radius > 0, let (_, rows) = extent else { return self }
        var result = Mask(size: size)
        for y in rows {
            forEachRun(inRow: y) { run in
                result.set(max(0, run.lowerBound - radius)..<min(width, run.upperBound + radius), inRow: y)
            }
        }
        // Down, then up, in steps that double: they reach 1, 3, 7 …
        var reach = 0
        while reach < min(radius, height) {
            let step = min(reach + 1, radius - reach)
            let offset = step * wordsPerRow
            if offset < result.words.count {
                for i in stride(from: result.words.count - 1, through: offset, by: -1) {
                    result.words[i] |= result.words[i - offset]
                }
            }
            reach += step
        }
        reach = 0
        while reach < min(radius, height) {
            let step = min(reach + 1, radius - reach)
            let offset = step * wordsPerRow
            if offset < result.words.count {
                for i in 0..<result.words.count - offset { result.words[i] |= result.words[i + offset] }
            }
            reach += step
        }
        return result
    }

    /// The mask at another size; each pixel takes the one that its centre falls on, as in Pillow's NEAREST.
    /// - Parameter size: in pixels.
    public func resizedNearest(to size: Size) -> Mask {
        guard size != self.size, width > 0, height > 0 else {
            return size == self.size ? self : Mask(size: size)
        }
        let columns = Self.nearest(from: width, to: size.width)
        let rows = Self.nearest(from: height, to: size.height)
        var result = Mask(size: size)
        for (y, source) in rows.enumerated() {
            if y > 0 && rows[y - 1] == source {
                for i in 0..<result.wordsPerRow {
                    result.words[y * result.wordsPerRow + i] = result.words[(y - 1) * result.wordsPerRow + i]
                }
                continue
            }
            for (x, column) in columns.enumerated()
            where words[source * wordsPerRow + column >> 6] >> UInt64(column & 63) & 1 != 0 {
                result.words[y * result.wordsPerRow + x >> 6] |= 1 << UInt64(x & 63)
            }
        }
        return result
    }

    /// The source of each new position. Pillow adds the scale up step by step and rounds each time; computing
    /// (i + ½) · scale afresh differs at some sizes.
    private static func nearest(from count: Int, to newCount: Int) -> [Int] {
        let scale = Double(count) / Double(newCount)
        var position = scale * 0.5
        return (0..<newCount).map { _ in
            defer { position += scale }
            return min(count - 1, Int(position))
        }
    }

    /// This mask as a part of one of another size: its first pixel goes to x, y, and what falls outside is
    /// dropped.
    package func placed(atX x: Int, y: Int, in size: Size) -> Mask {
        var result = Mask(size: size)
        for row in 0..<height where row + y >= 0 && row + y < size.height {
            forEachRun(inRow: row) { run in
                result.set(run.lowerBound + x..<run.upperBound + x, inRow: row + y)
            }
        }
        return result
    }
}
