extension Mask {
    /// The mask COCO's tools make of rings of corners: exactly pycocotools' `frPyObjects`, merged. Rings are added up; a hole cannot be said.
    ///
    /// The boundary is walked on a grid five times as fine; where it passes the middle of a pixel column it toggles the pixels from there
    /// down. Coordinates beyond ±2²⁸ pixels count as there.
    public init(polygon rings: [[Point]], size: Size) {
        var columns = Mask(width: size.height, height: size.width)
        var scratch = columns
        for ring in rings {
            let touched = scratch.toggleColumns(of: ring)
            columns.formUnionAndClear(&scratch, filled: touched)
        }
        self = columns.transposed()
    }

    /// On a mask of columns as rows: toggles the first pixel below each passage of the ring through a column's middle.
    ///
    /// `Int(…)` rounds toward zero, as C does, and COCO's result depends on it.
    ///
    /// - Returns: the columns that may hold toggles.
    private mutating func toggleColumns(of ring: [Point]) -> Range<Int> {
        guard let last = ring.last else { return 0..<0 }
        var touched = Touched()
        var from = (x: Self.fine(last.x), y: Self.fine(last.y))
        for corner in ring {
            let to = (x: Self.fine(corner.x), y: Self.fine(corner.y))
            let (dx, dy) = (abs(to.x - from.x), abs(to.y - from.y))
            let middles = middles(between: min(from.x, to.x), and: max(from.x, to.x))
            touched.insert(middles)
            if dx >= dy {
                let (start, end) = from.x <= to.x ? (from, to) : (to, from)
                let slope = Double(end.y - start.y) / Double(dx)
                for column in middles {
                    let x = 5 * column + 2
                    let y = Int(Double(start.y) + slope * Double(x - start.x) + 0.5)
                    let next = Int(Double(start.y) + slope * Double(x + 1 - start.x) + 0.5)
                    toggle(column, below: min(y, next))
                }
            } else if dy > 0 {
                let (start, end) = from.y <= to.y ? (from, to) : (to, from)
                let slope = Double(end.x - start.x) / Double(dy)
                func x(_ step: Int) -> Int { Int(Double(start.x) + slope * Double(step) + 0.5) }
                for column in middles {
                    // The last step before x passes from one side of the column's middle to the other.
                    var before = 0
                    var after = dy
                    while after - before > 1 {
                        let half = (before + after) / 2
                        if (x(half) > 5 * column + 2) == (start.x > end.x) { before = half } else { after = half }
                    }
                    toggle(column, below: start.y + before)
                }
            }
            from = to
        }
        return touched.range
    }

    /// The columns whose middle a walk between two fine positions passes: column k's is between 5k + 2 and 5k + 3.
    private func middles(between low: Int, and high: Int) -> Range<Int> {
        let first = max(0, (low - 2 + 4) / 5)
        let end = min(height, high >= 3 ? (high - 3) / 5 + 1 : 0)
        return first..<max(first, end)
    }

    private mutating func toggle(_ column: Int, below fineY: Int) {
        let y = fineY <= 2 ? 0 : (fineY - 2 + 4) / 5
        if y < width { words[column * wordsPerRow + y >> 6] ^= 1 << UInt64(y & 63) }
    }

    private static func fine(_ coordinate: Double) -> Int {
        Int(5 * min(268_435_456, max(-268_435_456, coordinate)) + 0.5)
    }
}
