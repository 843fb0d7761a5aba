package import Tensor

extension OWLViT {
    /// What the model says of each of a view's N patches, whatever is asked.
    package struct Patches: Sendable {
        /// [N, D], as the class head gives them.
        package let embeddings: Tensor
        /// [N], the lengths of their rows and a little more.
        private let lengths: [Float]
        /// [N], added to a similarity.
        package let shifts: Tensor
        /// [N], what the sum is multiplied by, above 0.
        package let scales: Tensor
        /// [N, 4]: middle x and y, width, height, as parts of the view's square input.
        package let boxes: Tensor
        /// [N], logits; OWLv2's alone.
        package let objectness: Tensor?

        package init(embeddings: Tensor, shifts: Tensor, scales: Tensor, boxes: Tensor, objectness: Tensor?) {
            self.embeddings = embeddings
            lengths = embeddings.rowLengths(plus: OWLViT.lengthEpsilon)
            self.shifts = shifts
            self.scales = scales
            self.boxes = boxes
            self.objectness = objectness
        }

        package var count: Int { embeddings.shape[0] }

        /// [N, D], the embeddings with rows of length one.
        package var directions: Tensor { embeddings.rows(dividedBy: lengths) }

        /// A patch's embedding, of length one, [D].
        package func direction(_ patch: Int) -> Tensor { embeddings[leading: patch] / lengths[patch] }

        /// The cosine of every patch with every query.
        /// - Parameter queries: [Q, D], Q at least 1.
        /// - Returns: [N, Q].
        package func similarities(to queries: Tensor) -> Tensor {
            let queries = queries.rows(dividedBy: queries.rowLengths(plus: OWLViT.lengthEpsilon))
            return matmul(embeddings, queries, transposed: true).rows(dividedBy: lengths)
        }

        /// (similarity + shift) · scale
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

    /// What the class head adds to a length before it divides by it.
    static let lengthEpsilon: Float = 1e-6
}

extension Tensor {
    /// The length of each row of the last axis and a little more.
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

    /// Each row of the last axis divided by a number of its own.
    fileprivate func rows(dividedBy divisors: [Float]) -> Tensor {
        var values = array
        let channels = shape[-1]
        for (row, divisor) in divisors.enumerated() {
            for i in row * channels..<(row + 1) * channels { values[i] /= divisor }
        }
        return Tensor(values, shape)
    }
}
