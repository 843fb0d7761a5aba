extension Mask {
    /// The mask that COCO's tools make of rings of corners, exactly as pycocotools' `frPyObjects` and
    /// `merge`.
    ///
    /// The rings are joined, so that they cannot express a hole. The rounding of outlines differs from
    /// `Mask(polygons:size:)`.
    public init(polygon rings: [[Point]], size: Size) {
        var columns = Mask(width: size.height, height: size.width)
        var scratch = columns
        let walk = RingWalk(size: size)
        for ring in rings {
            var touched = Touched()
            walk(ring) { column, y in
                touched.insert(column..<column + 1)
                if y < size.height {
                    scratch.words[column * scratch.wordsPerRow + y >> 6] ^= 1 << UInt64(y & 63)
                }
            }
            columns.formUnionAndClear(&scratch, filled: touched.range)
        }
        self = columns.transposed()
    }
}

extension RLE {
    /// The run lengths of `Mask(polygon:size:)`, found along the outlines, so that a small object in a large
    /// picture costs little.
    public init(polygon rings: [[Point]], size: Size) {
        let walk = RingWalk(size: size)
        // One passage takes as much memory as 64 pixels of a mask.
        guard rings.reduce(0, { $0 + walk.passages(of: $1) }) <= size.width * size.height / 64 + 1024 else {
            self = Mask(polygon: rings, size: size).rle
            return
        }
        var runs: [Range<Int>] = []
        for ring in rings {
            var positions: [Int] = []
            walk(ring) { column, y in positions.append(column * size.height + y) }
            // A closed ring passes every column's middle an even number of times.
            positions.sort()
            for index in stride(from: 1, to: positions.count, by: 2)
            where positions[index - 1] < positions[index] {
                runs.append(positions[index - 1]..<positions[index])
            }
        }
        self.init(joining: runs, size: size)
    }
}

/// pycocotools' walk along a ring, on a grid five times as fine: where it passes the middle of a pixel
/// column, the pixels from there down change sides. Coordinates beyond ±2²⁸ pixels are moved there.
private struct RingWalk {
    let size: Size

    /// `Int(…)` rounds toward zero, as C does, and COCO's result depends on it.
    ///
    /// - Parameter pass: takes a column and the first pixel below the passage, at most the picture's height.
    func callAsFunction(_ ring: [Point], _ pass: (_ column: Int, _ y: Int) -> Void) {
        guard let last = ring.last else { return }
        func toggle(_ column: Int, below fineY: Int) {
            pass(column, fineY <= 2 ? 0 : min(size.height, (fineY - 2 + 4) / 5))
        }
        var from = Self.fine(last)
        for corner in ring {
            let to = Self.fine(corner)
            let (dx, dy) = (abs(to.x - from.x), abs(to.y - from.y))
            let middles = middles(from.x, to.x)
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
                        if (x(half) > 5 * column + 2) == (start.x > end.x) {
                            before = half
                        } else {
                            after = half
                        }
                    }
                    toggle(column, below: start.y + before)
                }
            }
            from = to
        }
    }

    /// The number of times that the walk along a ring passes a column's middle.
    func passages(of ring: [Point]) -> Int {
        guard var from = ring.last.map(Self.fine) else { return 0 }
        return ring.reduce(0) { sum, corner in
            let to = Self.fine(corner)
            defer { from = to }
            return sum + middles(from.x, to.x).count
        }
    }

    /// The columns whose middles a walk between two fine positions passes; that of column k is between 5k + 2
    /// and 5k + 3.
    private func middles(_ a: Int, _ b: Int) -> Range<Int> {
        let (low, high) = (min(a, b), max(a, b))
        let first = max(0, (low - 2 + 4) / 5)
        let end = min(size.width, high >= 3 ? (high - 3) / 5 + 1 : 0)
        return first..<max(first, end)
    }

    private static func fine(_ point: Point) -> (x: Int, y: Int) { (fine(point.x), fine(point.y)) }

    private static func fine(_ coordinate: Double) -> Int {
        Int(5 * min(268_435_456, max(-268_435_456, coordinate)) + 0.5)
    }
}
