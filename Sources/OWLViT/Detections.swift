public import SpanielImaging

extension OWLViT {
    /// One object that was found.
    public struct Detection: Sendable, Hashable {
        public var className: String
        /// What the threshold is compared with, 0…1.
        ///
        /// For texts alone the model's sigmoid; for examples too, but moved where it saturates, so that
        /// halfway from what lies beside them to themselves is 0.5.
        public var score: Float
        /// The model's own number, for texts and examples alike; of examples nearly all may be high.
        public var logit: Float
        /// sigmoid(logit)
        public var probability: Float
        /// The cosine with the nearest example, where the class has any.
        public var similarity: Float?
        /// How much the model takes this for an object, whichever, 0…1; OWLv2's alone.
        public var objectness: Float?
        /// In the picture's pixels, clipped to it unless the options say otherwise.
        public var box: Box
    }

    /// What was found in a picture, best first.
    public struct Detections: Sendable, RandomAccessCollection {
        public var objects: [Detection]
        /// Each class's best place, however weak: what "nothing here" was decided from. A class that has none
        /// is absent.
        public var best: [String: Detection]
        /// The score each class had to exceed.
        public var thresholds: [String: Float]

        public var startIndex: Int { 0 }
        public var endIndex: Int { objects.count }
        public subscript(position: Int) -> Detection { objects[position] }
    }

    /// How detections are chosen.
    public struct DetectOptions: Sendable {
        /// What becomes of boxes that overlap a better one; what of them lies beyond the picture counts too.
        public enum Suppression: Sendable, Hashable {
            case none
            /// They go where the better one is of the same class.
            case classWise(iou: Double)
            /// They go whatever the better one's class.
            case classFree(iou: Double)
        }

        /// Instead of each concept's own.
        public var threshold: Float?
        /// The same by class; comes before `threshold`.
        public var thresholds: [String: Float]
        /// The most objects of a picture.
        public var maximumObjects: Int?
        public var suppression: Suppression
        /// Cut boxes at the picture's edges.
        public var clips: Bool

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
