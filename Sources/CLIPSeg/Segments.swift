public import SpanielImaging

extension CLIPSeg {
    /// One connected region of a class.
    public struct Segment: Sendable {
        public var className: String
        /// The mean probability inside the mask, 0…1.
        public var score: Float
        /// At the size of the displayed picture.
        public var mask: Mask
        /// Around the mask, in pixels of the displayed picture.
        public var box: Box
        /// In pixels.
        public var area: Int
    }

    /// The most probable pixel of a class, whether or not that is enough: what "nothing here" rests on.
    public struct Peak: Sendable {
        public var className: String
        /// 0…1.
        public var score: Float
        /// In pixels of the displayed picture.
        public var point: Point
        /// What it was compared with.
        public var threshold: Float

        public var isFound: Bool { score >= threshold }
    }

    /// What was found in a picture, the best first, and how near each class came.
    public struct Segments: Sendable, RandomAccessCollection {
        public let segments: [Segment]
        /// One for each class that was asked for, in that order.
        public let peaks: [Peak]

        package init(segments: [Segment], peaks: [Peak]) { (self.segments, self.peaks) = (segments, peaks) }

        public var startIndex: Int { segments.startIndex }
        public var endIndex: Int { segments.endIndex }
        public subscript(position: Int) -> Segment { segments[position] }
    }

    /// How a picture is cut into segments.
    public struct SegmentOptions: Sendable {
        /// The probability from which a pixel belongs to a class that has no threshold of its own.
        ///
        /// The authors' for phrases and for Pascal's classes is 0.3 (CLIPSeg, table 1); for COCO they took
        /// 0.1 to 0.2.
        public var threshold: Float
        /// The most segments; the best are kept.
        public var maximumObjects: Int
        /// Smaller connected regions are dropped, in pixels; nil: 1/2000 of the picture, a quarter of a patch
        /// of the published models.
        public var minimumArea: Int?
        /// One segment for each connected region; else one for each class.
        public var instances: Bool

        public init(
            threshold: Float = 0.3,
            maximumObjects: Int = 100,
            minimumArea: Int? = nil,
            instances: Bool = true
        ) {
            self.threshold = threshold
            self.maximumObjects = maximumObjects
            self.minimumArea = minimumArea
            self.instances = instances
        }
    }
}
