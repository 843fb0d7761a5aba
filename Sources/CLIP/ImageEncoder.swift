package import Tensor

extension CLIP {
    /// CLIP's image encoder: a ViT with a layer norm before its layers too.
    package struct ImageEncoder: Sendable {
        package let embeddings: ViT.Embeddings
        package let preNorm: LayerNorm
        package let layers: [ViT.Layer]
        package let postNorm: LayerNorm

        /// - Parameters:
        ///   - weights: at `vision_model`.
        ///   - preNorm: the first norm's name; CLIP's own files misspell it.
        ///   - grid: patches along a side of the input; nil: as trained.
        package init(
            _ weights: Weights, _ configuration: Configuration.Image, preNorm: String = "pre_layrnorm",
            grid: Int? = nil
        ) throws {
            let sizes = configuration.layers
            let channels = sizes.channels
            let place = weights["embeddings"]
            embeddings = ViT.Embeddings(
                patches: try Conv2d(
                    place["patch_embedding"], in: 3, out: channels, kernel: configuration.patchSize,
                    stride: configuration.patchSize,
                    bias: false),
                classToken: try place.tensor("class_embedding", [channels]),
                positions: try place["position_embedding"].tensor(
                    "weight", [1 + configuration.grid * configuration.grid, channels]),
                grid: grid ?? configuration.grid)
            self.preNorm = try LayerNorm(weights[preNorm], channels, epsilon: sizes.epsilon)
            layers = try (0..<sizes.layers).map { try ViT.Layer(weights["encoder"]["layers"][$0], sizes) }
            postNorm = try LayerNorm(weights["post_layernorm"], channels, epsilon: sizes.epsilon)
        }

        /// - Parameter pixels: [1, S, S, 3], normalised.
        /// - Returns: all tokens after the last layer, not normalised, [1, 1 + hw, C].
        /// - Throws: `CancellationError` between layers when the current task is cancelled.
        package func callAsFunction(_ pixels: Tensor) throws -> Tensor {
            try tokens(pixels, after: [layers.count - 1])[0]
        }

        /// The tokens after some of the layers; layers beyond the last of them are not computed.
        /// - Parameters:
        ///   - pixels: [1, S, S, 3], normalised.
        ///   - taps: numbers of layers from 0, ascending.
        /// - Returns: [1, 1 + hw, C] for each tap.
        package func tokens(_ pixels: Tensor, after taps: [Int]) throws -> [Tensor] {
            var x = preNorm(embeddings(pixels))
            var found: [Tensor] = []
            for (i, layer) in layers.enumerated().prefix((taps.last ?? -1) + 1) {
                try Task.checkCancellation()
                x = layer(x)
                if taps.contains(i) { found.append(x) }
            }
            return found
        }

        /// The whole picture as one vector, before the projection: its class token, normalised.
        /// - Returns: [1, C].
        package func pooled(_ tokens: Tensor) -> Tensor { postNorm(tokens[leading: 0][leading: 0..<1]) }
    }
}
