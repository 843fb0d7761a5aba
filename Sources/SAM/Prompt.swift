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

        /// The points, on the object and beside it, in pixels of the displayed picture.
        public var points: [LabelledPoint]
        /// A box around the object: x1, y1, x2, y2 in pixels of the displayed picture.
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

        /// Checks the prompt against a picture's size and the model's mask shape.
        /// - Throws: `SAMError` if all parts are missing, or one is not a number or outside the picture.
        package func check(in size: Size, maskShape: Tensor.Shape) throws(SAMError) {
            if points.isEmpty && box == nil && mask == nil { throw .promptEmpty }
            let columns = 0...Double(size.width)
            let rows = 0...Double(size.height)
            for entry in points where !columns.contains(entry.point.x) || !rows.contains(entry.point.y) {
                throw .pointOutside(entry.point, size)
            }
            if let box {
                let corners =
                    [box.x1, box.x2].allSatisfy(columns.contains)
                    && [box.y1, box.y2].allSatisfy(rows.contains)
                guard corners && box.x1 <= box.x2 && box.y1 <= box.y2 else { throw .boxOutside(box, size) }
            }
            if let mask, mask.shape != maskShape { throw .maskPrompt(found: mask.shape, expected: maskShape) }
        }
    }
}
