/// Divides a large picture into tiles, in which small objects become large enough to find.
package enum Tiles {
    /// The most tiles along a side.
    package static let most = 16
    /// The share of a tile that its neighbour shows too; an object smaller than this lies wholly in a tile.
    static let overlap = 0.25

    /// Returns the columns, or the rows, of each tile along a side.
    /// - Parameter count: the number of tiles; fewer are returned if the side has too few pixels.
    package static func ranges(of length: Int, count: Int) -> [Range<Int>] {
        let count = max(1, min(count, length))
        let side = min(
            length, Int((Double(length) / (Double(count) - Double(count - 1) * overlap)).rounded(.up)))
        let starts = (0..<count).map { i in
            count == 1 ? 0 : Int((Double((length - side) * i) / Double(count - 1)).rounded())
        }
        return starts.enumerated().filter { $0.offset == 0 || $0.element > starts[$0.offset - 1] }.map {
            $0.element..<$0.element + side
        }
    }

    /// Returns the whole picture and, from two tiles along a side, its tiles row by row.
    package static func parts(of size: Size, count: Int) -> [(columns: Range<Int>, rows: Range<Int>)] {
        let whole = (columns: 0..<size.width, rows: 0..<size.height)
        guard count > 1 else { return [whole] }
        let columns = ranges(of: size.width, count: count)
        return [whole]
            + ranges(of: size.height, count: count).flatMap { rows in columns.map { ($0, rows) } }
    }

    /// Whether a tile's edge inside the picture cuts a box, so that a neighbour or the whole picture shows
    /// the object better.
    package static func isCut(_ box: Box, by part: Box, of size: Size) -> Bool {
        let (x, y) = (0.01 * part.width, 0.01 * part.height)
        return part.x1 > 0 && box.x1 < part.x1 + x || part.y1 > 0 && box.y1 < part.y1 + y
            || part.x2 < Double(size.width) && box.x2 > part.x2 - x
            || part.y2 < Double(size.height) && box.y2 > part.y2 - y
    }
}
