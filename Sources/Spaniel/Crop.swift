package import SpanielImaging

extension Picture {
    /// A square cut round a box with some of its surroundings, moved into the picture where it fits; what
    /// lies outside is mean grey.
    ///
    /// Square because a classifier looks at the middle square of what it is given.
    /// - Parameter margin: on each side, as a share of the box's longer side.
    package func square(around box: Box, margin: Double) -> Picture {
        let longest = max(1, max(box.width, box.height))
        let side = Int(min(4 * Double(max(width, height)), (longest * (1 + 2 * margin)).rounded(.up)))
        func start(_ center: Double, _ length: Int) -> Int {
            guard side < length else { return (length - side) / 2 }
            return max(0, min(length - side, Int((center - Double(side) / 2).rounded())))
        }
        let whole = box.intersection(Box(x1: 0, y1: 0, x2: Double(width), y2: Double(height)))
        let (left, top) = (start(whole.center.x, width), start(whole.center.y, height))
        var cut = [UInt8](repeating: 124, count: side * side * 3)
        let (columns, rows) = (
            (left..<left + side).clamped(to: 0..<width), (top..<top + side).clamped(to: 0..<height)
        )
        for y in rows {
            let (from, to) = (
                3 * (y * width + columns.lowerBound), 3 * ((y - top) * side + columns.lowerBound - left)
            )
            cut.replaceSubrange(to..<to + 3 * columns.count, with: pixels[from..<from + 3 * columns.count])
        }
        return Picture(rgb: cut, width: side, height: side)
    }
}
