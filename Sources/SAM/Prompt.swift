public import SpanielImaging
public import Tensor

extension SAM {
    /// What to segment: points on the object and beside it, a box around it, an earlier answer, or any mix of
    /// them.
    public struct Prompt: Sendable {
        /// A point and whether it is on the object or beside it.
        public struct LabelledPoint: Sendable, Hashable {
            public var point: Point
            public var isObject: Bool

            public init(_ point: Point, isObject: Bool) {
                self.point = point
                self.isObject = isObject
            }
        }

        /// Pixels of the displayed picture.
        public var points: [LabelledPoint]
        /// Pixels of the displayed picture.
        public var box: Box?
        /// Low-resolution logits of an earlier prediction, [4h, 4w].
        public var mask: Tensor?

        public init(points: [LabelledPoint] = [], box: Box? = nil, mask: Tensor? = nil) {
            self.points = points
            self.box = box
            self.mask = mask
        }

        /// One click on the object.
        public init(point: Point) {
            self.init(points: [LabelledPoint(point, isObject: true)])
        }

        /// The prompt cut to the picture: a box to what it shares with it, a point less than a pixel outside
        /// to the border.
        /// - Throws: `SAMError` where something is missing, not a number, or wholly outside.
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
