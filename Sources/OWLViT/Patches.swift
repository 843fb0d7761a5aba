import Tensor

extension OWLViT {
    /// What the model says of each of a view's N patches, whatever is asked.
    package struct Patches: Sendable {
        /// [N, D], as the class head gives them.
        package let embeddings: Tensor
        /// [N, D], of length one.
        package let directions: Tensor
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
            directions = embeddings.divided(byLengthPlus: OWLViT.lengthEpsilon)
            self.shifts = shifts
            self.scales = scales
            self.boxes = boxes
            self.objectness = objectness
        }

        package var count: Int { embeddings.shape[0] }

        /// The cosine of every patch with every query.
        /// - Parameter queries: [Q, D], Q at least 1.
        /// - Returns: [N, Q].
        package func similarities(to queries: Tensor) -> Tensor {
            matmul(directions, queries.divided(byLengthPlus: OWLViT.lengthEpsilon), transposed: true)
        }

        /// (similarity + shift) · scale
        /// - Parameter queries: [Q, D], Q at least 1.
        /// - Returns: [N, Q].
        package func logits(_ queries: Tensor) -> Tensor {
            let similarities = similarities(to: queries)
            let queries = similarities.shape[1]
            let (values, shifts, scales) = (similarities.array, shifts.array, scales.array)
            return Tensor(values.indices.map { (values[$0] + shifts[$0 / queries]) * scales[$0 / queries] }, similarities.shape)
        }
    }

    /// What the class head adds to a length before it divides by it.
    static let lengthEpsilon: Float = 1e-6
}

extension Tensor {
    /// Each row of the last axis divided by its length and a little more.
    func divided(byLengthPlus epsilon: Float) -> Tensor {
        let channels = shape[-1]
        guard channels > 0 else { return self }
        let values = array
        var result = values
        for start in stride(from: 0, to: values.count, by: channels) {
            let squares = values[start..<start + channels].reduce(0.0) { $0 + Double($1) * Double($1) }
            let length = Float(squares.squareRoot()) + epsilon
            for i in start..<start + channels { result[i] = values[i] / length }
        }
        return Tensor(result, shape)
    }
}
