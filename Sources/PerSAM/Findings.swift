public import SpanielImaging

extension PerSAM {
    /// What was found in a picture, and why nothing more was: a collection of objects, the best first.
    public struct Findings: RandomAccessCollection, Sendable {
        public let objects: [FoundObject]
        /// Why the search ended.
        public let stop: Stop
        /// Everything that was looked at, accepted or not, in the order it was met.
        public let candidates: [Candidate]
        /// The cosine of each cell with the class, row by row, for each class in turn.
        public let similarity: [SimilarityMap]

        package init(
            objects: [FoundObject], stop: Stop, candidates: [Candidate] = [], similarity: [SimilarityMap] = []
        ) {
            self.objects = objects
            self.stop = stop
            self.candidates = candidates
            self.similarity = similarity
        }

        public var startIndex: Int { objects.startIndex }
        public var endIndex: Int { objects.endIndex }
        public subscript(position: Int) -> FoundObject { objects[position] }
    }

    /// One instance of a class in a picture.
    public struct FoundObject: Sendable {
        /// Another class that was found in the same place.
        public struct Rival: Sendable, Hashable {
            public let className: String
            public let score: Float
        }

        public var className: String
        /// 0…1: how like the class it looks, from its examples' backgrounds (0) to the examples themselves (1),
        /// times the root of how stable its mask is.
        public var score: Float
        /// The cosine of its mean feature with the nearest example's.
        public var similarity: Float
        /// The intersection over union with the true mask that SAM expects.
        public var predictedIoU: Float
        /// Pixels of the displayed picture.
        public var box: Box
        public var mask: Mask
        /// The class it was nearly taken for, with several classes at once: the closer the scores, the less sure
        /// the choice.
        public var rival: Rival?

        package init(
            className: String, score: Float, similarity: Float, predictedIoU: Float, box: Box, mask: Mask
        ) {
            (self.className, self.score, self.similarity, self.predictedIoU) = (
                className, score, similarity, predictedIoU
            )
            (self.box, self.mask) = (box, mask)
        }
    }

    /// Why a search ended.
    public struct Stop: Sendable, Hashable {
        public enum Reason: String, Sendable, CaseIterable {
            /// No place left is similar enough.
            case belowThreshold = "below-threshold"
            /// As many objects as were asked for.
            case maximumObjects = "max-objects"
            /// Many similar places, one after another, that held no new object.
            case exhausted
            /// Every similar place has been looked at.
            case nothingLeft = "nothing-left"
            /// The paper's one object was asked for.
            case single
            /// A step of the original code gave an empty mask.
            case emptyMask = "empty-mask"
        }

        public var reason: Reason
        /// The highest similarity that was left; nil when nothing was left.
        public var peak: Float?
        /// The similarity from which a place is looked at.
        public var threshold: Float

        public init(reason: Reason, peak: Float?, threshold: Float) {
            self.reason = reason
            self.peak = peak
            self.threshold = threshold
        }
    }

    /// A place that was looked at.
    public struct Candidate: Sendable {
        public enum Verdict: String, Sendable {
            case accepted
            /// The score is below the threshold.
            case weak
            /// It is mostly the same as a better one.
            case duplicate
            /// It looks more like a negative example.
            case negative
            /// The decoder gave no mask there.
            case empty
            /// A better object of another class has its place.
            case otherClass = "other-class"
            /// More than the maximum were found, and others are better.
            case surplus
        }

        public var className: String
        public var verdict: Verdict
        /// The similar place itself, in displayed pixels, and how similar it is.
        public var point: Point
        public var peak: Float
        /// nil where there was no mask.
        public var score: Float?
        public var similarity: Float?
        public var predictedIoU: Float?
        public var box: Box?
        package var mask: Mask?

        package init(
            className: String, verdict: Verdict, point: Point, peak: Float, score: Float? = nil,
            similarity: Float? = nil,
            predictedIoU: Float? = nil, box: Box? = nil, mask: Mask? = nil
        ) {
            (self.className, self.verdict, self.point, self.peak) = (className, verdict, point, peak)
            (self.score, self.similarity, self.predictedIoU) = (score, similarity, predictedIoU)
            (self.box, self.mask) = (box, mask)
        }
    }

    /// How similar each cell of a picture is to a class.
    public struct SimilarityMap: Sendable {
        public let className: String
        public let rows: Int
        public let columns: Int
        /// Row by row; cells outside the picture too.
        public let values: [Float]
        /// The part of the map, 0…1 each way, that the picture covers.
        public let extent: Box
        /// The similarity of the examples' background, and from which a place is looked at.
        public let background: Float
        public let threshold: Float

        package init(
            className: String, rows: Int, columns: Int, values: [Float], extent: Box, background: Float,
            threshold: Float
        ) {
            (self.className, self.rows, self.columns, self.values) = (className, rows, columns, values)
            (self.extent, self.background, self.threshold) = (extent, background, threshold)
        }
    }
}
