extension Picture {
    /// A part of the picture, in whole pixels; ranges that leave the picture trap.
    package func cropped(columns: Range<Int>, rows: Range<Int>) -> Picture {
        if columns == 0..<width && rows == 0..<height { return self }
        var part: [UInt8] = []
        part.reserveCapacity(3 * columns.count * rows.count)
        for y in rows {
            part += pixels[3 * (y * width + columns.lowerBound)..<3 * (y * width + columns.upperBound)]
        }
        return Picture(rgb: part, width: columns.count, height: rows.count)
    }

    /// Cuts a square around a box and some of its surroundings; the square is moved into the picture if it
    /// fits, and what lies outside is mean grey.
    ///
    /// It is a square because a classifier sees only the middle square of a picture.
    /// - Parameter margin: the margin on each side, as a share of the box's longer side.
    package func square(around box: Box, margin: Double) -> Picture {
        let longest = max(1, max(box.width, box.height))
        let side = Int(min(4 * Double(max(width, height)), (longest * (1 + 2 * margin)).rounded(.up)))
        func start(_ center: Double, _ length: Int) -> Int {
            guard side < length else { return (length - side) / 2 }
            return max(0, min(length - side, Int((center - Double(side) / 2).rounded())))
        }
        let whole = box.intersection(Box(size))
        let (left, top) = (start(whole.center.x, width), start(whole.center.y, height))
        var cut = [UInt8](repeating: 124, count: side * side * 3)
        let columns = (left..<left + side).clamped(to: 0..<width)
        let rows = (top..<top + side).clamped(to: 0..<height)
        for y in rows {
            let from = 3 * (y * width + columns.lowerBound)
            let to = 3 * ((y - top) * side + columns.lowerBound - left)
            cut.replaceSubrange(to..<to + 3 * columns.count, with: pixels[from..<from + 3 * columns.count])
        }
        return Picture(rgb: cut, width: side, height: side)
    }
}

extension Mask {
    /// A part of the mask, in whole pixels; ranges that leave the mask trap.
    package func cropped(columns: Range<Int>, rows: Range<Int>) -> Mask {
        Mask(width: columns.count, height: rows.count) { x, y in
            self[columns.lowerBound + x, rows.lowerBound + y]
        }
    }
}
