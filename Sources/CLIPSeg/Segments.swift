public import SpanielImaging

extension CLIPSeg {
    /// A connected region of a class, or all pixels of the class.
    public struct Segment: Sendable {
        /// The name of the class.
        public var className: String
        /// The mean probability inside the mask, 0…1.
        public var score: Float
        /// The pixels, at the size of the picture as displayed.
        public var mask: Mask
        /// The smallest box around the mask: x1, y1, x2, y2, half-open, in pixels of the picture as
        /// displayed.
        public var box: Box
        /// The number of pixels of the mask.
        public var area: Int
    }

    /// The most probable pixel of a class, whether or not it reaches the threshold: it says how near the
    /// class came.
    public struct Peak: Sendable {
        /// The name of the class.
        public var className: String
        /// The probability of that pixel, 0…1.
        public var score: Float
        /// The centre of that pixel: x, then y, in pixels of the picture as displayed.
        public var point: Point
        /// The threshold of the class in this search, 0…1.
        public var threshold: Float

        /// Whether the class reaches its threshold anywhere.
        public var isFound: Bool { score >= threshold }
    }

    /// The segments of a picture, the best first, and how near each class came.
    public struct Segments: Sendable, RandomAccessCollection {
        /// The segments, the highest score first.
        public let segments: [Segment]
        /// One peak for each class that was asked for, in that order.
        public let peaks: [Peak]

        package init(segments: [Segment], peaks: [Peak]) { (self.segments, self.peaks) = (segments, peaks) }

        /// The index of the best segment.
        public var startIndex: Int { segments.startIndex }
        /// The number of segments.
        public var endIndex: Int { segments.endIndex }
        /// The segment at a place from 0 on, the best first; a place outside traps.
        public subscript(position: Int) -> Segment { segments[position] }
    }

    /// The options for cutting a picture into segments.
    public struct SegmentOptions: Sendable {
        /// The probability, 0…1, from which a pixel belongs to a class without a threshold of its own.
        /// Default: 0.3.
        ///
        /// The authors took 0.3 for phrases and for Pascal's classes (CLIPSeg, table 1), and 0.1 to 0.2 for
        /// COCO.
        public var threshold: Float
        /// The largest number of segments; those with the best scores are returned. Default: 100.
        public var maximumObjects: Int
        /// The area in pixels below which a connected region is dropped; nil means 1/2000 of the picture, a
        /// quarter of a patch of the published models. Default: nil.
        public var minimumArea: Int?
        /// Whether each connected region is a segment; otherwise each class is one. Default: true.
        public var instances: Bool

        /// Options with their defaults.
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
