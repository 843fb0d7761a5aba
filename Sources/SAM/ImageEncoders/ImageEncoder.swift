package import Tensor

extension SAM {
    /// A network that turns the model's square input into what the decoder reads.
    package protocol ImageEncoder: Sendable {
        /// - Parameter pixels: [1, S, S, 3], normalised.
        /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
        func callAsFunction(_ pixels: Tensor) throws -> ImageFeatures
    }

    /// What an image encoder gives the decoder.
    package struct ImageFeatures: Sendable {
        /// The picture's embedding, [1, h, w, C].
        package var embedding: Tensor
        /// The finer levels that the decoder adds while it enlarges, from fine to coarse,
        /// [1, 4h, 4w, C/8] and [1, 2h, 2w, C/4]; none for a model without them.
        package var fineLevels: [Tensor]

        package init(embedding: Tensor, fineLevels: [Tensor] = []) {
            self.embedding = embedding
            self.fineLevels = fineLevels
        }
    }
}
