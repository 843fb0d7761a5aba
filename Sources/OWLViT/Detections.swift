public import SpanielImaging

extension OWLViT {
    /// One object that was found.
    public struct Detection: Sendable, Hashable {
        /// The class that fits the object best.
        public var className: String
        /// The score that is compared with the threshold, 0…1.
        ///
        /// For texts it is the model's sigmoid. For examples it is the same, shifted where the sigmoid
        /// saturates so that 0.5 lies midway between the background's logits and the example's own.
        public var score: Float
        /// The model's logit, for texts and examples alike; for examples nearly every logit may be high.
        public var logit: Float
        /// The sigmoid of `logit`, 0…1.
        public var probability: Float
        /// The cosine with the nearest example, -1…1; nil if the class has no examples.
        public var similarity: Float?
        /// The probability that this is an object of any class, 0…1; nil for OWL-ViT, which has none.
        public var objectness: Float?
        /// The probability that the place is of any class that was looked for, 0…1; nil where it was not
        /// looked at closer.
        public var place: Float?
        /// The probability of the class when the place was looked at closer, 0…1; nil where it was not.
        public var closer: Float?
        /// What another model's features say of the class there, 0…1; nil where none was asked.
        public var features: Float?
        /// Whether the features moved the score more than the model did; nil where none were asked.
        public var isDecidedByFeatures: Bool?
        /// The object's box: x1, y1, x2, y2 in pixels of the displayed picture, clipped to it unless
        /// `OWLViT.DetectOptions.clips` is false.
        public var box: Box

        package init(
            className: String, score: Float, logit: Float, probability: Float, similarity: Float? = nil,
            objectness: Float? = nil, place: Float? = nil, closer: Float? = nil, box: Box
        ) {
            (self.className, self.score, self.logit) = (className, score, logit)
            (self.probability, self.similarity, self.objectness) = (probability, similarity, objectness)
            (self.place, self.closer, self.box) = (place, closer, box)
        }
    }

    /// The objects found in a picture, the best score first.
    public struct Detections: Sendable, RandomAccessCollection {
        /// The objects, the best score first.
        public var objects: [Detection]
        /// The best patch of each class, even if its score is below the threshold; a class without any patch
        /// is absent.
        ///
        /// If nothing was found, this says how close the picture came.
        public var best: [String: Detection]
        /// The score that each class had to exceed, 0…1.
        public var thresholds: [String: Float]

        /// The index of the best object, 0.
        public var startIndex: Int { 0 }
        /// The number of objects.
        public var endIndex: Int { objects.count }
        /// The object at a position, 0 being the best.
        public subscript(position: Int) -> Detection { objects[position] }
    }

    /// Which detections `detect` returns.
    public struct DetectOptions: Sendable {
        /// What happens to boxes that overlap a better one by more than an IoU; the parts of boxes outside
        /// the picture count too.
        public enum Suppression: Sendable, Hashable {
            /// All boxes are returned.
            case none
            /// A box is dropped if the better one is of the same class.
            case classWise(iou: Double)
            /// A box is dropped whatever the better one's class.
            case classFree(iou: Double)
        }

        /// The score above which an object counts, 0…1; nil takes each concept's own.
        public var threshold: Float?
        /// The thresholds of single classes by name, which take precedence over `threshold`.
        public var thresholds: [String: Float]
        /// The most objects to return, of all classes together; nil, the default, returns all.
        public var maximumObjects: Int?
        /// What happens to boxes that overlap a better one; `classWise(iou: 0.3)` by default.
        public var suppression: Suppression
        /// Whether boxes are clipped to the picture; true by default.
        public var clips: Bool

        /// The defaults use each concept's own threshold.
        public init(
            threshold: Float? = nil, thresholds: [String: Float] = [:], maximumObjects: Int? = nil,
            suppression: Suppression = .classWise(iou: 0.3),
            clips: Bool = true
        ) {
            self.threshold = threshold
            self.thresholds = thresholds
            self.maximumObjects = maximumObjects
            self.suppression = suppression
            self.clips = clips
        }
    }
}
