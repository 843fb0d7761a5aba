extension PerSAM {
    /// How a picture is searched.
    public struct FindOptions: Sendable {
        public enum Strategy: String, Sendable, CaseIterable {
            /// The most similar place, its object, then the most similar place outside it, and so on (the
            /// default).
            case peak
            /// The most similar place of every small square of the picture at once.
            case grid
            /// Places spread evenly over the whole picture, similar or not: slow, and finds what looks little
            /// like the example.
            case propose
        }

        public var strategy: Strategy
        /// Instead of each concept's own.
        public var threshold: Float?
        /// The most objects of a picture.
        public var maximumObjects: Int
        /// The paper's one object: the best, however weak.
        public var single: Bool
        /// The original code's arithmetic; the concept must have been learnt for it.
        public var faithful: Bool

        public init(
            strategy: Strategy = .peak,
            threshold: Float? = nil,
            maximumObjects: Int = 100,
            single: Bool = false,
            faithful: Bool = false
        ) {
            self.strategy = strategy
            self.threshold = threshold
            self.maximumObjects = maximumObjects
            self.single = single
            self.faithful = faithful
        }
    }
}
