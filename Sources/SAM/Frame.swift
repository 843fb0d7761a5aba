public import SpanielImaging

extension SAM {
    /// Where a picture stands in the model's square input: scaled so that its longer side fits, at the top
    /// left, zeros right and below.
    public struct Frame: Sendable, Hashable {
        /// The picture as displayed.
        public let original: Size
        /// The picture as the model sees it.
        public let resized: Size
        /// The side of the model's input, in pixels.
        public let side: Int

        public init(original: Size, resized: Size, side: Int) {
            self.original = original
            self.resized = resized
            self.side = side
        }

        /// The frame of a picture whose longer side becomes `longest` pixels; no side becomes less than one.
        package init(original: Size, longest: Int, side: Int) {
            let scale = Double(longest) / Double(max(original.width, original.height))
            func scaled(_ length: Int) -> Int { max(1, Int(Double(length) * scale + 0.5)) }
            self.init(
                original: original,
                resized: Size(width: scaled(original.width), height: scaled(original.height)), side: side)
        }

        /// A position of the displayed picture in the model's input.
        public func scaled(_ point: Point) -> Point {
            Point(
                x: point.x * (Double(resized.width) / Double(original.width)),
                y: point.y * (Double(resized.height) / Double(original.height)))
        }
    }
}
