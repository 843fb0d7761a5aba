package import Tensor

extension CLIPSeg {
    /// Turns a picture's activations and a prompt's vector into logits (CLIPSeg, section 3).
    ///
    ///     a = reduce(activation) + a                  the deepest activation first
    ///     a = multiply(prompt) · a + add(prompt)      before one layer only (FiLM)
    ///     a = layer(a)
    package struct Decoder: Sendable {
        /// One reduction for each activation, the deepest first.
        package let reductions: [Linear]
        package let multiply: Linear
        package let add: Linear
        package let layers: [DecoderLayer]
        package let upsampler: Upsampler
        package let conditionalLayer: Int

        /// - Parameter weights: the cursor at `decoder`.
        package init(_ weights: Weights, _ configuration: Configuration) throws {
            let channels = configuration.channels
            conditionalLayer = configuration.conditionalLayer
            reductions = try configuration.taps.indices.map {
                try Linear(
                    weights["reduces"][$0], in: configuration.clip.image.layers.channels, out: channels)
            }
            multiply = try Linear(weights["film_mul"], in: configuration.clip.projection, out: channels)
            add = try Linear(weights["film_add"], in: configuration.clip.projection, out: channels)
            layers = try configuration.taps.indices.map {
                try DecoderLayer(weights["layers"][$0], configuration)
            }
            upsampler = try Upsampler(weights["transposed_convolution"], configuration)
        }

        /// Computes the part that no prompt changes, once for each picture.
        /// - Parameter taps: the image encoder's tokens, the shallowest first, [1, N, C] each.
        /// - Returns: the deepest first, [taps, N, channels].
        package func reduced(_ taps: [Tensor]) -> Tensor {
            Tensor.concatenated(zip(reductions, taps.reversed()).map { $0($1) }, axis: 0)
        }

        /// Answers prompts.
        /// - Parameters:
        ///   - reduced: the result of `reduced` for a picture, [taps, N, channels].
        ///   - prompts: vectors, [P, D].
        /// - Returns: logits, [P, s, s].
        package func callAsFunction(_ reduced: Tensor, _ prompts: Tensor) -> Tensor {
            let count = prompts.shape[0]
            let (factors, terms) = (multiply(prompts), add(prompts))
            var x: Tensor?
            for (i, layer) in layers.enumerated() {
                var a = x.map { $0 + reduced[leading: i] } ?? reduced[leading: i..<i + 1]
                if i == conditionalLayer {
                    a = Tensor.stack(
                        (0..<count).map { a[leading: 0] * factors[leading: $0] + terms[leading: $0] })
                }
                x = layer(a)
            }
            return upsampler(x ?? reduced)
        }
    }

    /// One layer of the decoder, which normalises last:
    ///
    ///     h = LayerNorm(x + Attention(x))
    ///     y = LayerNorm(h + MLP(h))
    package struct DecoderLayer: Sendable {
        package let attention: ViT.SelfAttention
        package let norm1: LayerNorm
        package let mlp: MLP
        package let norm2: LayerNorm

        package init(_ weights: Weights, _ configuration: Configuration) throws {
            let (channels, epsilon) = (configuration.channels, configuration.clip.image.layers.epsilon)
            attention = try ViT.SelfAttention(weights, channels: channels, heads: configuration.heads)
            norm1 = try LayerNorm(weights["layer_norm1"], channels, epsilon: epsilon)
            mlp = try MLP(
                weights["mlp"], ("fc1", "fc2"), channels: channels, hidden: configuration.hidden,
                activation: .relu)
            norm2 = try LayerNorm(weights["layer_norm2"], channels, epsilon: epsilon)
        }

        /// - Parameter x: tokens, [B, N, channels].
        /// - Returns: [B, N, channels].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            let h = norm1(attention(x, residual: x))
            return norm2(mlp(h, residual: h))
        }
    }
}
