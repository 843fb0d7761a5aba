extension Mask {
    /// Traces the object's outline along the edges of its pixels; `Mask(polygons:size:)` gives back exactly
    /// this mask.
    ///
    ///     let mask = Mask(box: Box(x1: 1, y1: 1, x2: 3, y2: 2), size: Size(width: 4, height: 3))
    ///     print(mask.polygons()[0].area)  // 2.0
    ///
    /// Pixels that touch only at a corner belong to different parts, so that every ring is simple; a ring may
    /// touch another at a corner. The parts come in the order of their first pixels, row by row.
    public func polygons() -> [Polygon] {
        var outline = Outline(self)
        let parts = components(.four)
        var polygons = parts.map { _ in Polygon(outer: []) }
        outline.forEachRing { rings, first in
            // A hole's first corner has its part to the left, an outer ring's has it below to the right.
            let x = self[first.x, first.y] ? first.x : first.x - 1
            guard let part = parts.index(atX: x, y: first.y) else {
                preconditionFailure("Mask: a ring without a part at \(first)")
            }
            for ring in rings {
                if Polygon.signedArea(ring) > 0 {
                    polygons[part].outer = ring
                } else {
                    polygons[part].holes.append(ring)
                }
            }
        }
        return polygons
    }
}

/// The corners of a mask's outline in row order, each tied to the next corner along its row and along its
/// column.
private struct Outline {
    private var xs: [Int32] = []
    private var ys: [Int32] = []
    private var besides: [Int32] = []
    private var aboveOrBelow: [Int32] = []
    /// The other entry at a corner where two object pixels touch: there are two entries, one after the other;
    /// elsewhere -1.
    private var twins: [Int32] = []
    private let mask: Mask

    init(_ mask: Mask) {
        self.mask = mask
        var openColumns = [Int32](repeating: -1, count: mask.width + 1)
        for y in 0...mask.height { addCorners(y, &openColumns) }
    }

    private mutating func add(_ x: Int, _ y: Int) -> Int32 {
        xs.append(Int32(x))
        ys.append(Int32(y))
        besides.append(-1)
        aboveOrBelow.append(-1)
        twins.append(-1)
        return Int32(xs.count - 1)
    }

    private mutating func tie(beside a: Int32, _ b: Int32) {
        besides[Int(a)] = b
        besides[Int(b)] = a
    }

    private mutating func tie(below a: Int32, _ b: Int32) {
        aboveOrBelow[Int(a)] = b
        aboveOrBelow[Int(b)] = a
    }

    /// Adds the corners between pixel rows y - 1 and y.
    private mutating func addCorners(_ y: Int, _ openColumns: inout [Int32]) {
        let count = mask.wordsPerRow
        var openRow: Int32 = -1
        var carryAbove: UInt64 = 0
        var carryBelow: UInt64 = 0
        for i in 0..<(mask.width + 64) / 64 {
            let above = y > 0 && i < count ? mask.words[(y - 1) * count + i] : 0
            let below = y < mask.height && i < count ? mask.words[y * count + i] : 0
            // Bit x of these says whether the row of pixels changes its value at x.
            let changesAbove = above ^ (above << 1 | carryAbove)
            let changesBelow = below ^ (below << 1 | carryBelow)
            carryAbove = above >> 63
            carryBelow = below >> 63
            let crossings = changesAbove & changesBelow & (above ^ below)
            var corners = changesAbove ^ changesBelow | crossings
            while corners != 0 {
                let bit = corners.trailingZeroBitCount
                corners &= corners - 1
                let x = i * 64 + bit
                let corner = add(x, y)
                if crossings >> UInt64(bit) & 1 == 0 {
                    if openRow >= 0 { tie(beside: openRow, corner) }
                    openRow = openRow >= 0 ? -1 : corner
                    if changesBelow >> UInt64(bit) & 1 != 0 {
                        openColumns[x] = corner
                    } else {
                        tie(below: openColumns[x], corner)
                    }
                } else {
                    // The first entry turns to the left, the second to the right, each around one object
                    // pixel.
                    let second = add(x, y)
                    twins[Int(corner)] = second
                    twins[Int(second)] = corner
                    tie(beside: openRow, corner)
                    openRow = second
                    let objectAboveRight = above >> UInt64(bit) & 1 != 0
                    tie(below: openColumns[x], objectAboveRight ? second : corner)
                    openColumns[x] = objectAboveRight ? corner : second
                }
            }
        }
    }

    /// Walks each boundary once, with the object on the right hand, and cuts it where it touches itself.
    ///
    /// - Parameter body: receives simple rings that belong together, and the first corner of their boundary
    ///   in row order.
    mutating func forEachRing(_ body: (_ rings: [[Point]], _ first: (x: Int, y: Int)) -> Void) {
        var visited = [Bool](repeating: false, count: xs.count)
        var places = [Int: Int]()
        for start in xs.indices where !visited[start] {
            let first = (x: Int(xs[start]), y: Int(ys[start]))
            var sideways = mask[first.x, first.y]
            var rings: [[Point]] = []
            var path: [Int] = []
            var corner = start
            repeat {
                visited[corner] = true
                if twins[corner] >= 0 {
                    if let place = places.removeValue(forKey: Int(twins[corner])) {
                        rings.append(path[place...].map(point))
                        for cut in path[place...] where twins[cut] >= 0 { places[cut] = nil }
                        path.removeSubrange(place...)
                    }
                    places[corner] = path.count
                }
                path.append(corner)
                corner = Int(sideways ? besides[corner] : aboveOrBelow[corner])
                sideways.toggle()
            } while corner != start
            places.removeAll(keepingCapacity: true)
            rings.append(path.map(point))
            body(rings, first)
        }
    }

    private func point(_ corner: Int) -> Point { Point(x: Double(xs[corner]), y: Double(ys[corner])) }
}
