import SpanielImaging
public import Tensor

extension PerSAM {
    /// What PerSAM learnt of one class: how its examples look to the model, and how similar is similar enough.
    public struct Concept: Sendable {
        /// How the decoder is asked about a place, chosen by trying each on the example itself.
        package enum Prompting: String, Sendable, CaseIterable {
            /// A point on the object.
            case plain
            /// And one on the least similar place.
            case negative
            /// And PerSAM's guided attention (section 3.2).
            case guided
        }

        public var className: String
        /// One direction an example, each [C] of length one: an object resembles the class as much as it
        /// resembles the nearest.
        package var directions: [Tensor]
        /// The same before normalising, [C] each.
        package var features: [Tensor]
        /// Directions of what it must not be taken for.
        package var negatives: [Tensor]
        /// The similarity of the examples' backgrounds: what "not similar at all" is.
        package var background: Float
        /// The similarity inside the examples' masks.
        package var inside: Float
        package var prompting: Prompting
        /// PerSAM-F's weights, where they were fitted.
        package var weights: MaskWeights?
        /// The original code's target, where that was asked for.
        package var original: Original.Target?
        /// The score from which an object counts as found, 0…1.
        public var threshold: Float
        /// The model it was learnt with.
        public var model: ModelIdentity

        /// How alike a similarity is, from 0, as the examples' backgrounds, to 1, the example itself.
        package func likeness(_ similarity: Float) -> Float {
            max(0, min(1, (similarity - background) / max(1e-6, 1 - background)))
        }

        /// The similarity below which no place is looked at: half way from the background to the inside of the
        /// mask.
        package var floor: Float { background + (inside - background) / 2 }
    }
}
