public import SpanielImaging

extension PerSAM {
    /// The objects found in a picture, the best score first, and why there are no more.
    public struct Findings: RandomAccessCollection, Sendable {
        /// The objects, the best score first.
        public internal(set) var objects: [FoundObject]
        /// Why the search ended; of several classes, the one with the highest peak left.
        public let stop: Stop
        /// Every place that was segmented, accepted or not, in that order, class after class.
        public let candidates: [Candidate]
        /// How similar each cell of the picture is to each class, in the order of the concepts.
        public let similarity: [SimilarityMap]

        package init(
            objects: [FoundObject], stop: Stop, candidates: [Candidate] = [], similarity: [SimilarityMap] = []
        ) {
            self.objects = objects
            self.stop = stop
            self.candidates = candidates
            self.similarity = similarity
        }

        /// The index of the best object, 0.
        public var startIndex: Int { objects.startIndex }
        /// The number of objects.
        public var endIndex: Int { objects.endIndex }
        /// The object at a position, 0 being the best.
        public subscript(position: Int) -> FoundObject { objects[position] }
    }

    /// One instance of a class in a picture.
    public struct FoundObject: Sendable {
        /// Another class that was found in the same place with a lower score.
        public struct Rival: Sendable, Hashable {
            /// The other class.
            public let className: String
            /// The score of the other class there, 0…1.
            public let score: Float
        }

        /// The class, as its examples name it.
        public var className: String
        /// The likeness to the class times the square root of the mask's stability, 0…1; with SAM 2 also
        /// times twice the presence, where that is below one half. Of a class that was taught closer looks, the
        /// fourth root of `place` times `closer`.
        ///
        /// Likeness is 0 where the object is as similar as the examples' backgrounds, 1 where it is as
        /// similar as the examples themselves. The likeness to other objects found in the picture counts too.
        public var score: Float
        /// The cosine of the object's mean feature with the nearest example's, -1…1.
        public var similarity: Float
        /// The intersection over union with the true mask that SAM predicts; not clamped, it may exceed 1.
        public var predictedIoU: Float
        /// SAM 2's probability that an object is there at all, 0…1; nil for SAM.
        public var presence: Float?
        /// The probability that any class is in this place, 0…1; nil of a class without closer looks.
        public package(set) var place: Float?
        /// The probability of the class in a closer look, 0…1; nil of a class without closer looks.
        public package(set) var closer: Float?
        /// The smallest box around the mask: x1, y1, x2, y2 in pixels of the displayed picture, half-open; of a
        /// class that was taught closer looks as much larger as labelled objects were.
        public var box: Box
        /// The object's pixels, of the displayed picture's size; made anew at each call.
        public var mask: Mask {
            get { boxed.mask }
            set { boxed = BoxedMask(newValue) }
        }
        /// The mask without what lies around it.
        package var boxed: BoxedMask
        /// The second best class in this place, if several classes were searched for and one was found here.
        ///
        /// The closer its score is to `score`, the less certain the class.
        public var rival: Rival?

        package init(
            className: String, score: Float, similarity: Float, predictedIoU: Float, presence: Float? = nil,
            box: Box, boxed: BoxedMask
        ) {
            (self.className, self.score, self.similarity, self.predictedIoU) = (
                className, score, similarity, predictedIoU
            )
            (self.presence, self.box, self.boxed) = (presence, box, boxed)
        }

        package init(
            className: String, score: Float, similarity: Float, predictedIoU: Float, presence: Float? = nil,
            box: Box, mask: Mask
        ) {
            self.init(
                className: className, score: score, similarity: similarity, predictedIoU: predictedIoU,
                presence: presence, box: box, boxed: BoxedMask(mask))
        }
    }

    /// Why a search ended.
    public struct Stop: Sendable, Hashable {
        /// The reason, whose raw value stands in the tool's JSON.
        public enum Reason: String, Sendable, CaseIterable {
            /// No place that is left is similar enough.
            case belowThreshold = "below-threshold"
            /// `PerSAM.FindOptions.maximumObjects` were found.
            case maximumObjects = "max-objects"
            /// Sixteen similar places, one after another, held no new object.
            case exhausted
            /// Every similar place was segmented.
            case nothingLeft = "nothing-left"
            /// `PerSAM.FindOptions.single` asked for one object.
            case single
            /// A step of the authors' arithmetic gave an empty mask.
            case emptyMask = "empty-mask"
        }

        /// Why the search ended.
        public var reason: Reason
        /// The highest similarity that was left, a cosine; nil if no place was left.
        public var peak: Float?
        /// The similarity from which a place is segmented, a cosine.
        public var threshold: Float

        /// A reason with the two similarities that decided it.
        public init(reason: Reason, peak: Float?, threshold: Float) {
            self.reason = reason
            self.peak = peak
            self.threshold = threshold
        }
    }

    /// A place that was segmented, and what became of it.
    ///
    /// Read the candidates to see why an expected object is missing:
    ///
    ///     for candidate in found.candidates where candidate.verdict != .accepted {
    ///         print(candidate.verdict, candidate.point, candidate.score ?? 0)
    ///     }
    public struct Candidate: Sendable {
        /// What became of a candidate; the raw value stands in the tool's JSON.
        public enum Verdict: String, Sendable {
            /// The candidate is one of the objects found.
            case accepted
            /// The score is below the threshold, or the best of its class is.
            case weak
            /// The mask shares more than half of the smaller one with a better candidate's.
            case duplicate
            /// The mask resembles a negative example more than the class.
            case negative
            /// The decoder gave no mask here.
            case empty
            /// A better object of another class covers more than half of the mask.
            case otherClass = "other-class"
            /// The candidate would count, but as many as asked for score better.
            case surplus
            /// The edge of a tile cuts the mask; a neighbour or the whole picture shows the object better.
            case cut
        }

        /// The class that was searched for.
        public var className: String
        /// What became of the candidate.
        public var verdict: Verdict
        /// The similar place, x and y in pixels of the displayed picture.
        public var point: Point
        /// The similarity at that place, a cosine.
        public var peak: Float
        /// The score, 0…1, as `PerSAM.FoundObject.score`; nil without a mask.
        public var score: Float?
        /// The cosine of the mask's mean feature with the nearest example's; nil without a mask.
        public var similarity: Float?
        /// The intersection over union that SAM predicts; nil without a mask.
        public var predictedIoU: Float?
        /// SAM 2's probability that an object is there at all, 0…1; nil for SAM and without a mask.
        public var presence: Float?
        /// The box of the mask: x1, y1, x2, y2 in pixels of the displayed picture, half-open; nil without a
        /// mask.
        public var box: Box?
        /// The mask, of the displayed picture's size, if there is one; made anew at each call.
        package var mask: Mask? { boxed?.mask }
        /// The mask without what lies around it.
        package var boxed: BoxedMask?

        package init(
            className: String, verdict: Verdict, point: Point, peak: Float, score: Float? = nil,
            similarity: Float? = nil,
            predictedIoU: Float? = nil, presence: Float? = nil, box: Box? = nil, boxed: BoxedMask? = nil
        ) {
            (self.className, self.verdict, self.point, self.peak) = (className, verdict, point, peak)
            (self.score, self.similarity, self.predictedIoU) = (score, similarity, predictedIoU)
            (self.presence, self.box, self.boxed) = (presence, box, boxed)
        }
    }

    /// How similar each cell of the model's grid is to a class.
    public struct SimilarityMap: Sendable {
        /// The class that the cells are compared with.
        public let className: String
        /// The number of rows of cells.
        public let rows: Int
        /// The number of cells in a row.
        public let columns: Int
        /// The cosine of each cell with the nearest example, row after row, [rows · columns].
        ///
        /// The grid covers the model's square input, so some cells lie beside the picture; see `extent`.
        public let values: [Float]
        /// The part of the map that the picture covers: x1, y1, x2, y2 as shares of its width and height.
        public let extent: Box
        /// The mean similarity of the examples' backgrounds.
        public let background: Float
        /// The similarity from which a place is segmented.
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
