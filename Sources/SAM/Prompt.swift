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

        /// - Throws: `SAMError` where something is missing, not a number, or outside the picture.
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
