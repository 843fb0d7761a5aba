import SpanielImaging
import Tensor

extension OWLViT {
    /// What one patch says of one class.
    struct Claim {
        let concept: Int
        let view: Int
        let patch: Int
        let score: Float
        /// The score as a logit above what is just found: comparable between classes of texts and of examples.
        let margin: Float
        let logit: Float
        let similarity: Float?
        var box: Box
    }

    /// The concepts' vectors laid side by side, so that each view is compared with all of them in one product.
    struct Queries {
        private let concepts: [Concept]
        private let matrix: Tensor?
        /// Where each concept's texts, examples and negatives stand in it.
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
                    append(concept.texts.map(\.embedding)), append(concept.examples.exemplars.map(\.embedding)),
                    append(concept.negatives.exemplars.map(\.embedding))
                )
            }
            matrix = vectors.isEmpty ? nil : Tensor.stack(vectors)
        }

        /// What each patch says of each class, class by class; without those more like a negative than like the class.
        func claims(_ view: View, number: Int) -> [[Claim]] {
            guard let matrix else { return concepts.map { _ in [] } }
            let width = matrix.shape[0]
            let similarities = view.patches.similarities(to: matrix).array
            let (shifts, scales) = (view.patches.shifts.array, view.patches.scales.array)
            return concepts.indices.map { c in
                let concept = concepts[c]
                let (texts, examples, negatives) = columns[c]
                let isPlain = concept.examples.isEmpty
                return (0..<view.patches.count).compactMap { patch in
                    func best(_ columns: Range<Int>) -> Float? { columns.lazy.map { similarities[patch * width + $0] }.max() }
                    func logit(_ similarity: Float) -> Float { (similarity + shifts[patch]) * scales[patch] }
                    let textLogit = best(texts).map(logit)
                    let similarity = best(examples)
                    let exampleMargin = similarity.map { Scale.margin(similarity: $0, concept.examples) }
                    let textMargin = textLogit.map(Scale.margin(textLogit:))
                    guard let margin = [textMargin, exampleMargin].compactMap({ $0 }).max() else { return nil }
                    // Against examples, negatives count by the same measure: the more similar wins.
                    if let against = best(negatives),
                        Scale.margin(similarity: against, isPlain ? concept.negatives : concept.examples) > margin
                    {
                        return nil
                    }
                    let isText = exampleMargin.map { (textMargin ?? -.infinity) >= $0 } ?? true
                    let logit = (isText ? textLogit : similarity.map(logit)) ?? 0
                    return Claim(
                        concept: c, view: number, patch: patch, score: Scale.sigmoid(isPlain ? logit : margin), margin: margin,
                        logit: logit,
                        similarity: similarity, box: view.boxes[patch])
                }
            }
        }
    }
}
