package import Tensor

extension SAM {
    /// One block of the Hiera: attention inside windows or over the whole grid, then an MLP.
    ///
    ///     h = x + Attention(LayerNorm(x))
    ///     y = h + MLP(LayerNorm(h))
    ///
    /// Where the width changes, the residual is Pool(Linear(LayerNorm(x))) in place of x; a pooling block takes
    /// the maximum of each 2 × 2 cells there and of its queries.
    package struct HieraBlock: Sendable {
        package let norm1: LayerNorm
        /// From the former width to the block's, if they differ.
        package let projection: Linear?
        package let queriesKeysValues: Linear
        /// The queries, keys and values of cells outside the grid, [3C].
        package let padding: Tensor
        package let output: Linear
        package let norm2: LayerNorm
        package let mlp: MLP
        package let heads: Int
        /// The precision of the attention itself.
        let precision: Tensor.Precision
        /// The side of a window in cells; nil attends to the whole grid.
        package let window: Int?
        package let isPooling: Bool

        init(
            _ weights: Weights, _ configuration: Configuration.Hiera, stage: Int, isFirst: Bool,
            isGlobal: Bool
        ) throws {
            // A stage's first block still has the former stage's grid, and its windows.
            let stages = configuration.stages
            let (own, former) = (stages[stage], stages[isFirst ? max(0, stage - 1) : stage])
            heads = own.heads
            precision = weights.attentionPrecision(channels: own.channels / own.heads)
            window = isGlobal ? nil : former.window
            isPooling = isFirst && own.isPooled
            norm1 = try LayerNorm(weights["layer_norm1"], former.channels, epsilon: configuration.epsilon)
                .smoothed(for: weights.precision)
            projection =
                try former.channels == own.channels
                ? nil : Linear(weights["proj"], in: former.channels, out: own.channels, after: norm1)
            queriesKeysValues = try Linear(
                weights["attn"]["qkv"], in: former.channels, out: 3 * own.channels, after: norm1)
            padding = queriesKeysValues.bias ?? .zeros([3 * own.channels])
            output = try Linear(weights["attn"]["proj"], in: own.channels, out: own.channels)
            norm2 = try LayerNorm(weights["layer_norm2"], own.channels, epsilon: configuration.epsilon)
                .smoothed(for: weights.precision)
            mlp = try MLP(
                weights["mlp"], ("proj_in", "proj_out"), channels: own.channels,
                hidden: configuration.hidden(own.channels), activation: configuration.activation,
                after: norm2)
        }

        /// - Parameter x: [B, h, w, C].
        /// - Returns: [B, h', w', C'], half the sides after a pooling.
        package func callAsFunction(_ x: Tensor) -> Tensor {
            let normed = norm1(x)
            let h = output(attention(normed), residual: residual(x, normed))
            return mlp(norm2(h), residual: h)
        }

        package func residual(_ x: Tensor, _ normed: Tensor) -> Tensor {
            guard let projection else { return x }
            let projected = projection(normed)
            return isPooling ? projected.maximumPooled(side: 2) : projected
        }

        private func attention(_ normed: Tensor) -> Tensor {
            let qkv = queriesKeysValues(normed)
            return isPooling
                ? pooledGridAttention(
                    qkv, heads: heads, window: window, padding: padding, precision: precision)
                : gridAttention(
                    qkv, heads: heads, positions: nil, window: window, padding: padding, precision: precision)
        }
    }
}
