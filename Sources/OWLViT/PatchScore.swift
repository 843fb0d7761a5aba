import SpanielImaging
import Tensor

extension OWLViT {
    /// The score of one patch for one class.
    struct PatchScore {
        /// The index of the concept.
        let concept: Int
        /// The index of the view.
        let view: Int
        /// The index of the patch in the view.
        let patch: Int
        let score: Float
        /// The logit minus the threshold's logit, which compares classes of texts with classes of examples.
        let margin: Float
        let logit: Float
        let similarity: Float?
        /// The predicted box in pixels of the picture; it may reach beyond the picture.
        let box: Box
    }

    /// The concepts' vectors in one matrix, so that a view is compared with all of them in one product.
    struct Queries {
        private let concepts: [Concept]
        private let matrix: Tensor?
        /// The rows of each concept's texts, examples and negatives in the matrix.
        private let columns: [(texts: Range<Int>, examples: Range<Int>, negatives: Range<Int>)]

        init(_ concepts: [Concept]) {
            var vectors: [Tensor] = []
            func append(_ more: [Tensor]) -> Range<Int> {
                vectors += more
                return vectors.count - more.count..<vectors.count
            }
            self.concepts = concepts
            columns = concepts.map { concept in
                (
                    append(concept.texts.map(\.embedding)),
                    append(concept.examples.exemplars.map(\.embedding)),
                    append(concept.negatives.exemplars.map(\.embedding))
                )
            }
            matrix = vectors.isEmpty ? nil : Tensor.stack(vectors)
        }

        /// Scores each patch for each class, class by class; a patch that is more like a negative example
        /// than like the class is left out.
        func patchScores(_ view: View, number: Int) -> [[PatchScore]] {
            guard let matrix else { return concepts.map { _ in [] } }
            let width = matrix.shape[0]
            let similarities = view.patches.similarities(to: matrix).array
            let (shifts, scales) = (view.patches.shifts.array, view.patches.scales.array)
            return concepts.indices.map { c in
                let concept = concepts[c]
                let (texts, examples, negatives) = columns[c]
                return (0..<view.patches.count).compactMap { patch in
                    func best(_ columns: Range<Int>) -> Float? {
                        columns.lazy.map { similarities[patch * width + $0] }.max()
                    }
                    func logit(_ similarity: Float) -> Float { (similarity + shifts[patch]) * scales[patch] }
                    func margin(_ similarity: Float) -> Float {
                        concept.margin(exampleLogit: logit(similarity))
                    }
                    let textLogit = best(texts).map(logit)
                    let textMargin = textLogit.map { Scale.margin(logit: $0, threshold: Scale.textThreshold) }
                    let similarity = best(examples)
                    let exampleMargin = similarity.map(margin)
                    guard let most = [textMargin, exampleMargin].compactMap({ $0 }).max() else { return nil }
                    if let against = best(negatives), margin(against) > most { return nil }
                    let isText = exampleMargin.map { (textMargin ?? -.infinity) >= $0 } ?? true
                    let value = (isText ? textLogit : similarity.map(logit)) ?? 0
                    let score =
                        concept.scoresBySigmoid
                        ? Scale.sigmoid(value)
                        : Scale.score(margin: most, threshold: concept.scoring.threshold)
                    return PatchScore(
                        concept: c, view: number, patch: patch, score: score, margin: most, logit: value,
                        similarity: similarity,
                        box: view.boxes[patch])
                }
            }
        }
    }
}

extension OWLViT.Concept {
    package var scoresBySigmoid: Bool { examples.isEmpty || scoring == .sigmoid }

    /// Returns the margin of an example's logit. Negatives are measured in the same way, so that of two
    /// examples the more similar wins; without positive examples, by their own midpoint.
    package func margin(exampleLogit: Float) -> Float {
        let midpoint = scoring == .sigmoid ? 0 : (examples.isEmpty ? negatives : examples).midpoint
        return OWLViT.Scale.margin(logit: exampleLogit - midpoint, threshold: scoring.threshold)
    }
}
