import SpanielImaging
public import Tensor

extension PerSAM {
    /// What PerSAM learnt of one class: the features of its examples and the threshold of its score.
    ///
    /// `PerSAM.learn` makes one. Save it to search other pictures later without the examples:
    ///
    ///     try concept.save(to: URL(filePath: "boot.concept"))
    ///     let same = try PerSAM.Concept(contentsOf: URL(filePath: "boot.concept"))
    public struct Concept: Sendable {
        /// How the decoder is prompted at a place; learning tries each on the example itself.
        package enum Prompting: String, Sendable, CaseIterable {
            /// One point on the object.
            case plain
            /// The same, and a background point on the least similar place.
            case negative
            /// The same as `negative`, and PerSAM's guided attention (section 3.2).
            case guided
        }

        /// The name of the class, as the examples gave it.
        public var className: String
        /// One direction for each example, [C] of length one; an object's similarity is its cosine with the
        /// nearest of them.
        package var directions: [Tensor]
        /// The examples' features before normalising, [C] each.
        package var features: [Tensor]
        /// The features of the same examples seen from further away, [C] each; none where every example fills
        /// too much of its picture for that.
        package var afar: [Tensor] = []
        /// The negative examples' directions, [C] of length one each.
        package var negatives: [Tensor]
        /// The mean similarity of the examples' backgrounds, at least 0: likeness 0.
        package var background: Float
        /// The median similarity inside the examples' masks.
        package var inside: Float
        /// How the decoder is prompted.
        package var prompting: Prompting
        /// PerSAM-F's weights, if they were fitted.
        package var weights: MaskWeights?
        /// The target of the authors' code, if the concept was learnt for it.
        package var original: Original.Target?
        /// What many labelled pictures taught beside the examples: a place is looked at closer by it.
        package var taught: Taught?
        /// The score from which an object counts as found, 0…1; 0.65 after learning.
        public var threshold: Float
        /// The model that the class was learnt with; `find` refuses a concept of another model.
        public var model: ModelIdentity
        /// What `features` are of; nil: the model's own. `find` refuses a concept of other features.
        public var featureIdentity: FeatureIdentity?
        /// SAM's own feature of the first example, [C], for its guided attention; nil: `features` are SAM's.
        package var target: Tensor?

        /// The examples as the cells are compared with them, [C] of length one each.
        package var views: [Tensor] { directions + afar.map { $0.l2Normalized() } }

        /// Whether labelled pictures taught the class well enough to look at each place alone.
        public var looksCloser: Bool { taught != nil }

        /// Scales a cosine from 0 at the similarity of the examples' backgrounds to 1 at 1, clamped to 0…1.
        package func likeness(_ similarity: Float) -> Float {
            max(0, min(1, (similarity - background) / max(1e-6, 1 - background)))
        }

        /// The similarity below which no place is segmented: halfway from the background to the inside of the
        /// examples' masks.
        package var floor: Float { background + (inside - background) / 2 }
    }
}
