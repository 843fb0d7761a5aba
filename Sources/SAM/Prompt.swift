public import SpanielImaging
public import Tensor

extension SAM {
    /// What to segment: points on the object or beside it, a box around it, an earlier answer's mask, or
    /// several of them.
    ///
    ///     let click = SAM.Prompt(point: Point(x: 320, y: 240))
    ///     let withoutLaces = SAM.Prompt(points: [
    ///         .init(Point(x: 320, y: 240), isObject: true), .init(Point(x: 350, y: 180), isObject: false),
    ///     ])
    public struct Prompt: Sendable {
        /// A point, and whether it is on the object or beside it.
        public struct LabelledPoint: Sendable, Hashable {
            /// The position, x and y in pixels of the displayed picture.
            public var point: Point
            /// Whether the point is on the object; false marks the background.
            public var isObject: Bool

            /// A point on the object or beside it.
            public init(_ point: Point, isObject: Bool) {
                self.point = point
                self.isObject = isObject
            }
        }

        /// The points, on the object and beside it, in pixels of the displayed picture; a point less than a
        /// pixel outside moves to the border.
        public var points: [LabelledPoint]
        /// A box around the object: x1, y1, x2, y2 in pixels of the displayed picture, to which it is cut.
        public var box: Box?
        /// The low-resolution logits of an earlier prediction, [4h, 4w], to refine them.
        public var mask: Tensor?

        /// A prompt of points, a box, a mask, or several of them; `SAM.masks(for:in:multimask:)` refuses an
        /// empty one.
        public init(points: [LabelledPoint] = [], box: Box? = nil, mask: Tensor? = nil) {
            self.points = points
            self.box = box
            self.mask = mask
        }

        /// A prompt of one point on the object, in pixels of the displayed picture.
        public init(point: Point) {
            self.init(points: [LabelledPoint(point, isObject: true)])
        }

        /// Returns the prompt cut to a picture: the part of the box inside it, and a point less than a pixel
        /// outside moved to the border.
        /// - Throws: `SAMError` if all parts are missing, or one is not a number or lies outside the picture.
        package func checked(in size: Size, maskShape: Tensor.Shape) throws(SAMError) -> Prompt {
            if points.isEmpty && box == nil && mask == nil { throw .promptEmpty }
            var cut = self
            for (index, entry) in points.enumerated() {
                guard let point = entry.point.moved(into: size) else {
                    throw .pointOutside(entry.point, size)
                }
                cut.points[index].point = point
            }
            if let box {
                guard let inside = box.cut(to: size) else { throw .boxOutside(box, size) }
                cut.box = inside
            }
            if let mask, mask.shape != maskShape { throw .maskPrompt(found: mask.shape, expected: maskShape) }
            return cut
        }
    }
}
