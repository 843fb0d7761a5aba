/// Points well inside a mask, where a person would click.
///
/// The deepest place comes first, its depth being the distance to the nearest place outside; then the deepest
/// place outside a disc around the first, and so on, as long as a place is at least half as deep as the
/// first.
package struct InnerPoints {
    /// The largest number of cells a side, since deep places need no finer look.
    private static let resolution = 128

    /// The points, each the middle of a pixel of the mask; an empty mask has none.
    package static func of(_ mask: Mask, atMost count: Int) -> [Point] {
        guard let box = mask.box else { return [] }
        let (columns, rows) = (min(resolution, Int(box.width)), min(resolution, Int(box.height)))
        func pixel(_ cell: Int, _ cells: Int, _ start: Double, _ length: Double) -> Int {
            Int(start + (Double(cell) + 0.5) / Double(cells) * length)
        }
        let across = (0..<columns).map { pixel($0, columns, box.x1, box.width) }
        let down = (0..<rows).map { pixel($0, rows, box.y1, box.height) }
        var depth = Depth(columns: columns, rows: rows) { x, y in mask[across[x], down[y]] }
        var points: [Point] = []
        var first: Float = 0
        while points.count < count, let (x, y, value) = depth.deepest, value * 2 >= first {
            if first == 0 { first = value }
            points.append(Point(x: Double(across[x]) + 0.5, y: Double(down[y]) + 0.5))
            depth.clear(aroundX: x, y: y, radius: 2 * value)
        }
        return points
    }
}

/// The distance of each cell inside a shape to the nearest cell outside, in cells, by two passes with steps
/// of 1 and √2.
private struct Depth {
    private let columns: Int
    private let rows: Int
    private var values: [Float]

    init(columns: Int, rows: Int, isInside: (_ x: Int, _ y: Int) -> Bool) {
        self.columns = columns
        self.rows = rows
        // A rim of zeros, since everything beyond the box is outside.
        let width = columns + 2
        var field = [Float](repeating: 0, count: width * (rows + 2))
        for y in 0..<rows {
            for x in 0..<columns where isInside(x, y) { field[(y + 1) * width + x + 1] = .infinity }
        }
        let (straight, diagonal): (Float, Float) = (1, Float(2).squareRoot())
        func relax(_ i: Int, _ direction: Int) {
            guard field[i] > 0 else { return }
            let before = [
                (i - direction, straight), (i - direction * width, straight),
                (i - direction * (width + 1), diagonal),
                (i - direction * (width - 1), diagonal),
            ]
            field[i] = before.reduce(field[i]) { min($0, field[$1.0] + $1.1) }
        }
        for y in 1...max(1, rows) {
            for x in 1...max(1, columns) { relax(y * width + x, 1) }
        }
        for y in (1...max(1, rows)).reversed() {
            for x in (1...max(1, columns)).reversed() { relax(y * width + x, -1) }
        }
        values = (0..<rows * columns).map { field[($0 / columns + 1) * width + $0 % columns + 1] }
    }

    /// The deepest cell; nil if nothing is left inside.
    var deepest: (x: Int, y: Int, value: Float)? {
        guard let i = values.indices.max(by: { values[$0] < values[$1] }), values[i] > 0 else { return nil }
        return (i % columns, i / columns, values[i])
    }

    mutating func clear(aroundX x: Int, y: Int, radius: Float) {
        for i in values.indices {
            let (dx, dy) = (Float(i % columns - x), Float(i / columns - y))
            if dx * dx + dy * dy <= radius * radius { values[i] = 0 }
        }
    }
}
