public import SpanielImaging

extension DINOv2 {
    /// The place of a picture in the grid of patches.
    ///
    ///     let frame = encoding.frame
    ///     let cell = frame.cell(at: Point(x: 120, y: 80))     // x the column, y the row, decimals allowed
    ///     let box = frame.box(row: 3, column: 5)              // the patch's pixels in the picture
    public struct Frame: Sendable, Hashable {
        /// The size of the displayed picture, in pixels.
        public let original: Size
        /// The size of the scaled picture, in pixels; each side has a scale of its own.
        public let resized: Size
        /// The part of the scaled picture that the model sees, in its pixels; it may reach beyond the
        /// picture, where the model saw black.
        public let part: Box
        /// The side of a patch, in pixels of the scaled picture.
        public let patchSize: Int

        /// - Parameter input: the size of the part in the middle of the scaled picture.
        package init(original: Size, resized: Size, input: Size, patchSize: Int) {
            self.original = original
            self.resized = resized
            self.patchSize = patchSize
            // Rounded down, as the preprocessing cuts.
            let left = Double((resized.width - input.width) >> 1)
            let top = Double((resized.height - input.height) >> 1)
            part = Box(
                x1: left, y1: top, x2: left + Double(input.width), y2: top + Double(input.height))
        }

        /// The number of patches: `width` columns, `height` rows.
        public var grid: Size {
            Size(width: Int(part.width) / patchSize, height: Int(part.height) / patchSize)
        }

        /// Converts a position of the displayed picture to the grid: x in columns, y in rows, such that the
        /// first patch is 0…1.
        public func cell(at point: Point) -> Point {
            Point(
                x: (point.x * scale.x - part.x1) / Double(patchSize),
                y: (point.y * scale.y - part.y1) / Double(patchSize))
        }

        /// Returns the pixels of the displayed picture that a patch shows; they may lie beyond its border.
        public func box(row: Int, column: Int) -> Box {
            func x(_ column: Int) -> Double { (part.x1 + Double(column * patchSize)) / scale.x }
            func y(_ row: Int) -> Double { (part.y1 + Double(row * patchSize)) / scale.y }
            return Box(x1: x(column), y1: y(row), x2: x(column + 1), y2: y(row + 1))
        }

        /// Pixels of the scaled picture for each one of the displayed.
        private var scale: Point {
            Point(
                x: Double(resized.width) / Double(original.width),
                y: Double(resized.height) / Double(original.height))
        }
    }
}
