package import Tensor

extension MultiHeadAttention {
    init(_ weights: Weights, channels: Int, inner: Int, heads: Int, output: String) throws {
        self.init(
            queries: try Linear(weights["q_proj"], in: channels, out: inner),
            keys: try Linear(weights["k_proj"], in: channels, out: inner),
            values: try Linear(weights["v_proj"], in: channels, out: inner),
            output: try Linear(weights[output], in: inner, out: channels),
            heads: heads)
    }
}

extension SAM {
    /// One layer of the decoder's transformer, in which tokens and picture attend to each other (SAM,
    /// appendix A, figure 14).
    ///
    ///     q = LN1(q + SelfAttention(q + p))
    ///     layer 0: q = LN1(SelfAttention(q)), without residual or positions
    ///     q = LN2(q + Attention(q + p → k + kp, k))
    ///     q = LN3(q + MLP(q))
    ///     k = LN4(k + Attention(k + kp → q + p, q))
    package struct TwoWayLayer: Sendable {
        package let isFirst: Bool
        package let selfAttention: MultiHeadAttention
        package var norm1: LayerNorm
        package let tokensToPicture: MultiHeadAttention
        package var norm2: LayerNorm
        package let mlp: MLP
        package var norm3: LayerNorm
        package let pictureToTokens: MultiHeadAttention
        package var norm4: LayerNorm

        init(_ weights: Weights, _ configuration: Configuration.MaskDecoder, isFirst: Bool) throws {
            let (channels, heads) = (configuration.channels, configuration.heads)
            func norm(_ i: Int) throws -> LayerNorm {
                try LayerNorm(weights["layer_norm\(i)"], channels, epsilon: configuration.epsilon)
            }
            func cross(_ name: String) throws -> MultiHeadAttention {
                // In SAM, transformers applies attention_downsample_rate to the last attention only.
                try MultiHeadAttention(
                    weights[name], channels: channels, inner: channels / configuration.layerDownsampling,
                    heads: heads, output: configuration.attentionOutputName)
            }
            self.isFirst = isFirst
            selfAttention = try MultiHeadAttention(
                weights["self_attn"], channels: channels, inner: channels, heads: heads,
                output: configuration.attentionOutputName)
            norm1 = try norm(1)
            tokensToPicture = try cross("cross_attn_token_to_image")
            norm2 = try norm(2)
            mlp = try MLP(
                weights["mlp"], configuration.mlpNames, channels: channels, hidden: configuration.hidden,
                activation: configuration.activation)
            norm3 = try norm(3)
            norm4 = try norm(4)
            pictureToTokens = try cross("cross_attn_image_to_token")
        }

        /// - Parameters:
        ///   - q: the tokens, [1, N, C].
        ///   - p: the tokens' positions, [1, N, C].
        ///   - k: the picture.
        ///   - guidance: PerSAM's similarity, [hw], for the tokens' attention to the picture.
        /// - Returns: the tokens, [1, N, C], and the picture, [1, hw, C].
        package func callAsFunction(_ q: Tensor, _ p: Tensor, _ k: PictureTokens, guidance: Tensor? = nil)
            -> (Tensor, Tensor)
        {
            var q = q
            if isFirst {
                q = norm1(selfAttention(q, q, q))
            } else {
                let placed = q + p
                q = norm1(selfAttention(placed, placed, q, residual: q))
            }
            let toPicture = toPicture(q + p, k, guidance, residual: q)
            q = norm2(toPicture)
            q = norm3(mlp(q, residual: q))
            return (q, norm4(pictureToTokens(k.placed, q + p, q, residual: k.tokens)))
        }

        private func toPicture(_ q: Tensor, _ k: PictureTokens, _ guidance: Tensor?, residual: Tensor)
            -> Tensor
        {
            let layer = tokensToPicture
            guard guidance != nil || k.keys != nil else {
                return layer(q, k.placed, k.tokens, residual: residual)
            }
            let (queries, keys, values) = (
                layer.queries(q), k.keys ?? layer.keys(k.placed), k.values ?? layer.values(k.tokens)
            )
            let mixed =
                guidance.map { guidedAttention(queries, keys, values, heads: layer.heads, guidance: $0) }
                ?? attention(queries, keys, values, heads: layer.heads)
            return layer.output(mixed, residual: residual)
        }

        /// Returns this layer with another epsilon in its norms.
        func withEpsilon(_ epsilon: Float) -> TwoWayLayer {
            func changed(_ norm: LayerNorm) -> LayerNorm {
                LayerNorm(weight: norm.weight, bias: norm.bias, epsilon: epsilon)
            }
            var copy = self
            (copy.norm1, copy.norm2, copy.norm3, copy.norm4) = (
                changed(norm1), changed(norm2), changed(norm3), changed(norm4)
            )
            return copy
        }

        /// Computes this layer's keys and values of a picture, which do not depend on the prompt.
        func prepared(_ tokens: Tensor, _ positions: Tensor) -> PictureTokens {
            var k = PictureTokens(tokens: tokens, positions: positions)
            k.keys = tokensToPicture.keys(k.placed)
            k.values = tokensToPicture.values(tokens)
            return k
        }
    }

    /// A picture's cells as tokens, with the first layer's keys and values if they are computed already.
    package struct PictureTokens: Sendable {
        /// The cells' tokens, [1, hw, C].
        package let tokens: Tensor
        /// The tokens with the cells' positions added, [1, hw, C].
        package let placed: Tensor
        /// The keys of the first layer's attention to the picture, [1, hw, inner].
        var keys: Tensor?
        /// The values of the same attention, [1, hw, inner].
        var values: Tensor?

        package init(tokens: Tensor, positions: Tensor) {
            self.tokens = tokens
            placed = tokens + positions
        }
    }
}
