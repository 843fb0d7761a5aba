package import Tensor

extension CLIP {
    /// CLIP's text encoder: a causal transformer, in which the token at the end of a text stands for all of
    /// it.
    package struct TextEncoder: Sendable {
        /// The table of words, [V, C].
        package let words: Embedding
        /// The positions, [N, C].
        package let positions: Tensor
        package let layers: [ViT.Layer]
        package let norm: LayerNorm
        package let configuration: Configuration.Text

        /// - Parameter weights: the cursor at `text_model`.
        package init(_ weights: Weights, _ configuration: Configuration.Text) throws {
            let sizes = configuration.layers
            let place = weights["embeddings"]
            self.configuration = configuration
            words = try Embedding(
                place["token_embedding"], count: configuration.vocabulary, channels: sizes.channels)
            positions = try place["position_embedding"].tensor(
                "weight", [configuration.length, sizes.channels])
            layers = try (0..<sizes.layers).map { try ViT.Layer(weights["encoder"]["layers"][$0], sizes) }
            norm = try LayerNorm(weights["final_layer_norm"], sizes.channels, epsilon: sizes.epsilon)
        }

        /// The number of texts that go through the layers together.
        private static let batch = 64

        /// Encodes texts.
        /// - Parameter texts: the ids of each text from its start token to its end token, at least one, at
        ///   most the model's length, all below the vocabulary's size. Padding after the end would change
        ///   nothing, since no token sees a later one.
        /// - Returns: [texts, C], before the projection.
        /// - Throws: `CancellationError`, between layers, if the current task is cancelled.
        package func callAsFunction(_ texts: [[Int32]]) throws -> Tensor {
            let parts = try stride(from: 0, to: texts.count, by: Self.batch).map { start in
                try pooled(Array(texts[start..<min(start + Self.batch, texts.count)]))
            }
            return Tensor.concatenated(parts, axis: 0)
        }

        private func pooled(_ texts: [[Int32]]) throws -> Tensor {
            let ends = texts.map(end)
            let length = (ends.max() ?? 0) + 1
            precondition(
                length <= configuration.length,
                "a text of \(length) tokens for a model of \(configuration.length)")
            let ids = zip(texts, ends).flatMap { text, end in
                text[...end] + Array(repeating: text[end], count: length - 1 - end)
            }
            let channels = configuration.layers.channels
            var x = words(ids).reshaped([texts.count, length, channels]) + positions[leading: 0..<length]
            for layer in layers {
                try Task.checkCancellation()
                x = layer(x, causal: true)
            }
            return norm(Tensor.stack(ends.enumerated().map { x[leading: $0.offset][leading: $0.element] }))
        }

        /// The place of the token that stands for the text.
        private func end(_ text: [Int32]) -> Int {
            switch configuration.pooling {
            case .first(let id): text.firstIndex(of: id) ?? 0
            case .largestID: text.firstIndex(of: text.max() ?? 0) ?? 0
            }
        }
    }
}
