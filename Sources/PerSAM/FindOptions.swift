extension PerSAM {
    /// How `find` searches a picture.
    public struct FindOptions: Sendable {
        /// Which places of a picture are segmented.
        ///
        /// A similarity map has one value for each cell of the model's grid. `peak` suits nearly every
        /// picture; `propose` costs some 256 prompts and is for objects that look little like the example.
        public enum Strategy: String, Sendable, CaseIterable {
            /// Segments the most similar place, then the most similar place outside the objects found so far,
            /// until no place is similar enough.
            case peak
            /// Segments the most similar place of each square of a grid of about 16 × 16, if it is similar
            /// enough.
            case grid
            /// Segments the most similar place of each square, similar enough or not.
            case propose
        }

        /// Which places are segmented; `peak` by default.
        public var strategy: Strategy
        /// The score from which an object counts, 0…1; nil takes each concept's own.
        public var threshold: Float?
        /// The most objects to return, of all classes together; 1000 by default.
        public var maximumObjects: Int
        /// Whether to return the best object of each class whatever its score, as the paper does.
        ///
        /// Set this when the object is known to be there exactly once.
        public var single: Bool
        /// Whether to compute as the authors' code does, to compare with it.
        ///
        /// Applies to concepts that were learnt with `PerSAM.LearnOptions.faithful`; others are searched for
        /// as usual.
        public var faithful: Bool

        /// The defaults find every instance with each concept's own threshold.
        public init(
            strategy: Strategy = .peak,
            threshold: Float? = nil,
            maximumObjects: Int = 1000,
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
