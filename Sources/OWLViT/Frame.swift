public import SpanielImaging

extension OWLViT {
    /// How a picture becomes the model's square input.
    public enum Preparation: String, Sendable, Hashable, CaseIterable {
        /// As transformers does it: OWL-ViT's pictures squashed to the square, OWLv2's padded with black.
        case hf
        /// As OWL-ViT was trained: padded with grey at the right or the bottom. OWLv2's pictures are padded
        /// in either way.
        case padded
    }

    /// What of a picture a view shows, and where a box of the square input lies in the picture.
    public struct Frame: Sendable, Hashable {
        /// The part of the picture, in its pixels: all of it, or a tile.
        public let part: Box
        /// What the sides of the square input are in pixels of the picture.
        public let width: Double
        public let height: Double

        /// - Parameters:
        ///   - part: in the picture's pixels.
        ///   - isPadded: filled up to a square; else squashed to one.
        package init(_ part: Box, isPadded: Bool) {
            let longer = max(part.width, part.height)
            self.part = part
            width = isPadded ? longer : part.width
            height = isPadded ? longer : part.height
        }

        /// A box of the square input in the picture's pixels; it may reach beyond the picture.
        /// - Parameter box: middle x and y, width, height, as parts of the square.
        func box(middleX: Float, _ middleY: Float, width w: Float, height h: Float) -> Box {
            // Corners first, as transformers rounds.
            Box(
                x1: part.x1 + Double(middleX - 0.5 * w) * width,
                y1: part.y1 + Double(middleY - 0.5 * h) * height,
                x2: part.x1 + Double(middleX + 0.5 * w) * width,
                y2: part.y1 + Double(middleY + 0.5 * h) * height)
        }
    }
}
