public import SpanielImaging

extension OWLViT {
    /// How a picture becomes the model's square input; it changes OWL-ViT's pictures only.
    public enum Preparation: String, Sendable, Hashable, CaseIterable {
        /// OWL-ViT's pictures are squashed to the square, as in transformers; OWLv2's are padded with black.
        case hf
        /// OWL-ViT's pictures are padded with grey at the right or the bottom, as in training; OWLv2's are
        /// padded with black.
        case padded
    }

    /// The part of a picture that a view shows, which converts boxes of the square input to the picture.
    public struct Frame: Sendable, Hashable {
        /// The whole picture or a tile: x1, y1, x2, y2 in pixels of the displayed picture.
        public let part: Box
        /// The width of the square input, in pixels of the picture.
        public let width: Double
        /// The height of the square input, in pixels of the picture.
        public let height: Double

        /// - Parameters:
        ///   - part: the part, in pixels of the picture.
        ///   - isPadded: whether the part is padded to a square; otherwise it is squashed to one.
        package init(_ part: Box, isPadded: Bool) {
            let longer = max(part.width, part.height)
            self.part = part
            width = isPadded ? longer : part.width
            height = isPadded ? longer : part.height
        }

        /// Converts a box of the square input, as middle x and y, width and height in shares of the square,
        /// to pixels of the picture; it may reach beyond the picture.
        func box(middleX: Float, _ middleY: Float, width w: Float, height h: Float) -> Box {
            // The corners are computed before scaling, so that they round as in transformers.
            Box(
                x1: part.x1 + Double(middleX - 0.5 * w) * width,
                y1: part.y1 + Double(middleY - 0.5 * h) * height,
                x2: part.x1 + Double(middleX + 0.5 * w) * width,
                y2: part.y1 + Double(middleY + 0.5 * h) * height)
        }
    }
}
