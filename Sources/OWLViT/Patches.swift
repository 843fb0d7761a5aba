package import Tensor

extension OWLViT {
    /// The heads' outputs for each of a view's N patches, which do not depend on the query.
    package struct Patches: Sendable {
        /// The tokens that the heads read: merged with the class token and normalised, [N, C].
        package let features: Tensor
        /// The class embeddings, not normalised, [N, D].
        package let embeddings: Tensor
        /// The lengths of the embeddings plus `lengthEpsilon`, [N].
        private let lengths: [Float]
        /// The numbers added to similarities, [N].
        package let shifts: Tensor
        /// The numbers above 0 that multiply the sums, [N].
        package let scales: Tensor
        /// The boxes, as middle x and y, width and height in shares of the view's square input, [N, 4].
        package let boxes: Tensor
        /// The logits of objectness, [N]; nil for OWL-ViT.
        package let objectness: Tensor?

        package init(
            features: Tensor, embeddings: Tensor, shifts: Tensor, scales: Tensor, boxes: Tensor,
            objectness: Tensor?
        ) {
            self.features = features
            self.embeddings = embeddings
            lengths = embeddings.rowLengths(plus: OWLViT.lengthEpsilon)
            self.shifts = shifts
            self.scales = scales
            self.boxes = boxes
            self.objectness = objectness
        }

        package var count: Int { embeddings.shape[0] }

        /// The embeddings at length one, [N, D].
        package var directions: Tensor { embeddings.rows(dividedBy: lengths) }

        /// Returns a patch's embedding at length one, [D].
        package func direction(_ patch: Int) -> Tensor { embeddings[leading: patch] / lengths[patch] }

        /// Returns the cosine of every patch with every query.
        /// - Parameter queries: [Q, D], Q at least 1.
        /// - Returns: [N, Q].
        package func similarities(to queries: Tensor) -> Tensor {
            let queries = queries.rows(dividedBy: queries.rowLengths(plus: OWLViT.lengthEpsilon))
            return matmul(embeddings, queries, transposed: true).rows(dividedBy: lengths)
        }

        /// Returns the logit of every patch for every query, (similarity + shift) · scale.
        /// - Parameter queries: [Q, D], Q at least 1.
        /// - Returns: [N, Q].
        package func logits(_ queries: Tensor) -> Tensor {
            let similarities = similarities(to: queries)
            let queries = similarities.shape[1]
            let (values, shifts, scales) = (similarities.array, shifts.array, scales.array)
            return Tensor(
                values.indices.map { (values[$0] + shifts[$0 / queries]) * scales[$0 / queries] },
                similarities.shape)
        }
    }

    /// The number that the class head adds to a length before it divides by it.
    static let lengthEpsilon: Float = 1e-6
}

extension Tensor {
    /// Returns the length of each row of the last axis plus a small number.
    fileprivate func rowLengths(plus epsilon: Float) -> [Float] {
        let (values, channels) = (array, shape[-1])
        return (0..<values.count / max(1, channels)).map { row in
            var squares = 0.0
            for i in row * channels..<(row + 1) * channels {
                squares += Double(values[i]) * Double(values[i])
            }
            return Float(squares.squareRoot()) + epsilon
        }
    }

    /// Divides each row of the last axis by its divisor.
    fileprivate func rows(dividedBy divisors: [Float]) -> Tensor {
        var values = array
        let channels = shape[-1]
        for (row, divisor) in divisors.enumerated() {
            for i in row * channels..<(row + 1) * channels { values[i] /= divisor }
        }
        return Tensor(values, shape)
    }
}
