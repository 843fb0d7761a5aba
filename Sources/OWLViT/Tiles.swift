package import SpanielImaging

extension OWLViT {
    /// How a large picture is cut so that small objects become large enough to see.
    package enum Tiles {
        /// The most tiles along a side.
        package static let most = 16
        /// How much of a tile its neighbour shows too: what is smaller than this stands whole in one of them.
        static let overlap = 0.25

        /// The columns, or rows, of each tile along a side.
        /// - Parameter count: how many tiles; fewer come back where the side has too few pixels for so many.
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

        /// The whole picture, and beyond one tile a side its tiles, row by row.
        package static func parts(of size: Size, count: Int) -> [(columns: Range<Int>, rows: Range<Int>)] {
            let whole = (columns: 0..<size.width, rows: 0..<size.height)
            guard count > 1 else { return [whole] }
            let columns = ranges(of: size.width, count: count)
            return [whole]
                + ranges(of: size.height, count: count).flatMap { rows in columns.map { ($0, rows) } }
        }
    }
}
