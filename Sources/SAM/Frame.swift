public import SpanielImaging

extension SAM {
    /// The place of a picture in the model's square input: scaled so that its longer side fits, at the top
    /// left, with zeros to the right and below; SAM 2 stretches it over the square.
    public struct Frame: Sendable, Hashable {
        /// The size of the displayed picture, in pixels.
        public let original: Size
        /// The size of the scaled picture in the model's input, in pixels.
        public let resized: Size
        /// The side of the model's square input, in pixels.
        public let side: Int

        /// Whether the picture is stretched over the square, as in SAM 2.
        public let isStretched: Bool

        /// A frame with the given sizes, in pixels.
        public init(original: Size, resized: Size, side: Int, isStretched: Bool = false) {
            self.original = original
            self.resized = resized
            self.side = side
            self.isStretched = isStretched
        }

        /// The frame of a picture that is stretched over the square.
        package init(stretching original: Size, side: Int) {
            self.init(
                original: original, resized: Size(width: side, height: side), side: side, isStretched: true)
        }

        /// The frame of a picture whose longer side becomes `longest` pixels; each side is at least 1.
        package init(original: Size, longest: Int, side: Int) {
            let scale = Double(longest) / Double(max(original.width, original.height))
            func scaled(_ length: Int) -> Int { max(1, Int(Double(length) * scale + 0.5)) }
            self.init(
                original: original,
                resized: Size(width: scaled(original.width), height: scaled(original.height)), side: side)
        }

        /// Converts a position of the displayed picture to pixels of the model's input, x and y.
        public func scaled(_ point: Point) -> Point {
            Point(
                x: point.x * (Double(resized.width) / Double(original.width)),
                y: point.y * (Double(resized.height) / Double(original.height)))
        }
    }
}
