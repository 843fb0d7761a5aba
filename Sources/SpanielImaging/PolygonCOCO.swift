extension Mask {
    /// The mask COCO's tools make of rings of corners: exactly pycocotools' `frPyObjects`, merged. Rings are added up; a hole cannot be said.
    ///
    /// The boundary is walked on a grid five times as fine; where it passes the middle of a pixel column it toggles the pixels from there
    /// down. Coordinates beyond ±2²⁸ pixels count as there.
    public init(polygon rings: [[Point]], size: Size) {
        var columns = Mask(width: size.height, height: size.width)
        var scratch = columns
        for ring in rings {
            scratch.toggleColumns(of: ring)
            scratch.fillBetweenToggles(0..<scratch.height)
            columns.formUnion(scratch)
            for i in scratch.words.indices { scratch.words[i] = 0 }
        }
        self = columns.transposed()
    }

    /// On a mask of columns as rows: toggles the first pixel below each passage of the ring through a column's middle.
    private mutating func toggleColumns(of ring: [Point]) {
        guard let last = ring.last else { return }
        var from = (x: Self.fine(last.x), y: Self.fine(last.y))
        for corner in ring {
            let to = (x: Self.fine(corner.x), y: Self.fine(corner.y))
            let (dx, dy) = (abs(to.x - from.x), abs(to.y - from.y))
            if dx >= dy {
                let (start, end) = from.x <= to.x ? (from, to) : (to, from)
                let slope = Double(end.y - start.y) / Double(dx)
                forEachMiddle(between: start.x, and: end.x) { column, x in
                    let y = Self.truncated(Double(start.y) + slope * Double(x - start.x) + 0.5)
                    let next = Self.truncated(Double(start.y) + slope * Double(x + 1 - start.x) + 0.5)
                    toggle(column, below: min(y, next))
                }
            } else if dy > 0 {
                let (start, end) = from.y <= to.y ? (from, to) : (to, from)
                let slope = Double(end.x - start.x) / Double(dy)
                func x(_ step: Int) -> Int { Self.truncated(Double(start.x) + slope * Double(step) + 0.5) }
                forEachMiddle(between: min(from.x, to.x), and: max(from.x, to.x)) { column, middle in
                    // The last step before x passes from one side of the middle to the other.
                    var before = 0
                    var after = dy
                    let startsRight = x(0) > middle
                    guard startsRight != (x(dy) > middle) else { return }
                    while after - before > 1 {
                        let half = (before + after) / 2
                        if (x(half) > middle) == startsRight { before = half } else { after = half }
                    }
                    toggle(column, below: start.y + before)
                }
            }
            from = to
        }
    }

    /// Calls `body` with each pixel column whose middle lies between two fine positions, and the last fine position left of that middle.
    private func forEachMiddle(between low: Int, and high: Int, _ body: (_ column: Int, _ x: Int) -> Void) {
        // Column k's middle is between 5k + 2 and 5k + 3.
        let first = max(0, (low - 2 + 4) / 5)
        let end = min(height, high >= 3 ? (high - 3) / 5 + 1 : 0)
        guard first < end else { return }
        for column in first..<end { body(column, column * 5 + 2) }
    }

    private mutating func toggle(_ column: Int, below fineY: Int) {
        let y = fineY <= 2 ? 0 : (fineY - 2 + 4) / 5
        if y < width { words[column * wordsPerRow + y >> 6] ^= 1 << UInt64(y & 63) }
    }

    private static func fine(_ coordinate: Double) -> Int {
        truncated(5 * min(268_435_456, max(-268_435_456, coordinate)) + 0.5)
    }

    /// C's conversion of a number to an integer: toward zero, which COCO relies on.
    private static func truncated(_ value: Double) -> Int { Int(value) }
}
