import Tensor

extension SAM {
    /// Attention whose inner channels may be fewer than its outer ones:
    ///
    ///     Wo(softmax(Wq q (Wk k)ᵀ / √d) Wv v)
    package struct Attention: Sendable {
        package let queries: Linear
        package let keys: Linear
        package let values: Linear
        package let output: Linear
        package let heads: Int

        init(_ weights: Weights, channels: Int, inner: Int, heads: Int) throws {
            queries = try Linear(weights["q_proj"], in: channels, out: inner)
            keys = try Linear(weights["k_proj"], in: channels, out: inner)
            values = try Linear(weights["v_proj"], in: channels, out: inner)
            output = try Linear(weights["out_proj"], in: inner, out: channels)
            self.heads = heads
        }

        /// - Parameters:
        ///   - q: [B, N, C].
        ///   - k: [B, M, C].
        ///   - v: [B, M, C].
        ///   - residual: what the result is added to, [B, N, C].
        /// - Returns: [B, N, C].
        package func callAsFunction(_ q: Tensor, _ k: Tensor, _ v: Tensor, residual: Tensor? = nil) -> Tensor {
            output(attention(queries(q), keys(k), values(v), heads: heads), residual: residual)
        }
    }

    /// One layer of the decoder's transformer, tokens and picture attending to each other (SAM, appendix A, figure 14).
    ///
    ///     q = LN1(q + SelfAttention(q + p))            layer 0: LN1(SelfAttention(q)), without residual or positions
    ///     q = LN2(q + Attention(q + p → k + kp, k))
    ///     q = LN3(q + MLP(q))
    ///     k = LN4(k + Attention(k + kp → q + p, q))
    package struct TwoWayLayer: Sendable {
        package let isFirst: Bool
        package let selfAttention: Attention
        package var norm1: LayerNorm
        package let tokensToPicture: Attention
        package var norm2: LayerNorm
        package let mlp: MLP
        package var norm3: LayerNorm
        package let pictureToTokens: Attention
        package var norm4: LayerNorm

        init(_ weights: Weights, _ configuration: Configuration.MaskDecoder, isFirst: Bool) throws {
            let (channels, heads) = (configuration.channels, configuration.heads)
            func norm(_ i: Int) throws -> LayerNorm {
                try LayerNorm(weights["layer_norm\(i)"], channels, epsilon: configuration.epsilon)
            }
            func cross(_ name: String) throws -> Attention {
                // transformers takes attention_downsample_rate for the last attention only: here it is two.
                try Attention(weights[name], channels: channels, inner: channels / 2, heads: heads)
            }
            self.isFirst = isFirst
            selfAttention = try Attention(weights["self_attn"], channels: channels, inner: channels, heads: heads)
            norm1 = try norm(1)
            tokensToPicture = try cross("cross_attn_token_to_image")
            norm2 = try norm(2)
            mlp = try MLP(
                weights["mlp"], ("lin1", "lin2"), channels: channels, hidden: configuration.hidden, activation: configuration.activation)
            norm3 = try norm(3)
            norm4 = try norm(4)
            pictureToTokens = try cross("cross_attn_image_to_token")
        }

        /// - Parameters:
        ///   - q: tokens, [1, N, C].
        ///   - p: the tokens' positions, [1, N, C].
        ///   - k: the picture and what is known of it.
        ///   - guidance: PerSAM's similarity, [hw], for the tokens' attention to the picture.
        /// - Returns: tokens [1, N, C] and picture [1, hw, C].
        package func callAsFunction(_ q: Tensor, _ p: Tensor, _ k: PictureTokens, guidance: Tensor? = nil) -> (Tensor, Tensor) {
            var q = q
            if isFirst {
                q = norm1(selfAttention(q, q, q))
            } else {
                let placed = q + p
                q = norm1(selfAttention(placed, placed, q, residual: q))
            }
            let queries = tokensToPicture.queries(q + p)
            let keys = k.keys ?? tokensToPicture.keys(k.placed)
            let values = k.values ?? tokensToPicture.values(k.tokens)
            let mixed =
                guidance.map { guidedAttention(queries, keys, values, heads: tokensToPicture.heads, guidance: $0) }
                ?? attention(queries, keys, values, heads: tokensToPicture.heads)
            q = norm2(tokensToPicture.output(mixed, residual: q))
            q = norm3(mlp(q, residual: q))
            let back = attention(
                k.queries ?? pictureToTokens.queries(k.placed), pictureToTokens.keys(q + p), pictureToTokens.values(q),
                heads: pictureToTokens.heads)
            return (q, norm4(pictureToTokens.output(back, residual: k.tokens)))
        }

        /// This layer with another epsilon in its norms.
        func withEpsilon(_ epsilon: Float) -> TwoWayLayer {
            func changed(_ norm: LayerNorm) -> LayerNorm { LayerNorm(weight: norm.weight, bias: norm.bias, epsilon: epsilon) }
            var copy = self
            (copy.norm1, copy.norm2, copy.norm3, copy.norm4) = (changed(norm1), changed(norm2), changed(norm3), changed(norm4))
            return copy
        }

        /// What this layer makes of a picture before it sees a prompt.
        func prepared(_ tokens: Tensor, _ positions: Tensor) -> PictureTokens {
            var k = PictureTokens(tokens: tokens, positions: positions)
            k.keys = tokensToPicture.keys(k.placed)
            k.values = tokensToPicture.values(tokens)
            k.queries = pictureToTokens.queries(k.placed)
            return k
        }
    }

    /// A picture's cells as tokens, and what does not depend on a prompt, where that is known already.
    package struct PictureTokens: Sendable {
        /// [1, hw, C]
        package let tokens: Tensor
        /// With the cells' positions added, [1, hw, C].
        package let placed: Tensor
        var keys: Tensor?
        var values: Tensor?
        var queries: Tensor?

        package init(tokens: Tensor, positions: Tensor) {
            self.tokens = tokens
            placed = tokens + positions
        }
    }
}
