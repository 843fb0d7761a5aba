package import Tensor

extension CLIP {
    /// CLIP's image encoder: a ViT that also normalises before its first layer.
    package struct ImageEncoder: Sendable {
        package let embeddings: ViT.Embeddings
        package let preNorm: LayerNorm
        package let layers: [ViT.Layer]
        package let postNorm: LayerNorm

        /// - Parameters:
        ///   - weights: the cursor at `vision_model`.
        ///   - preNorm: the name of the first norm, which CLIP's own files misspell.
        ///   - grid: patches along a side of the input; nil means as trained.
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

        /// Runs all layers.
        /// - Parameter pixels: normalised, [1, S, S, 3].
        /// - Returns: all tokens after the last layer, not normalised, [1, 1 + hw, C].
        /// - Throws: `CancellationError`, between layers, if the current task is cancelled.
        package func callAsFunction(_ pixels: Tensor) throws -> Tensor {
            try tokens(pixels, after: [layers.count - 1])[0]
        }

        /// Returns the tokens after some of the layers; layers after the last of them are not computed.
        /// - Parameters:
        ///   - pixels: normalised, [1, S, S, 3].
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

        /// The vector of the whole picture before the projection: its class token, normalised.
        /// - Returns: [1, C].
        package func pooled(_ tokens: Tensor) -> Tensor { postNorm(tokens[leading: 0][leading: 0..<1]) }
    }
}
