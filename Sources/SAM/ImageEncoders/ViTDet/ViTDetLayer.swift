package import Tensor

extension SAM {
    /// One layer of the ViTDet: attention inside windows or over the whole grid, then an MLP.
    ///
    ///     h = x + Attention(LayerNorm(x))
    ///     y = h + MLP(LayerNorm(h))
    package struct ViTDetLayer: Sendable {
        package let norm1: LayerNorm
        package let attention: GridAttention
        package let norm2: LayerNorm
        package let mlp: MLP

        init(_ weights: Weights, _ configuration: Configuration.ViTDet, isGlobal: Bool) throws {
            let channels = configuration.channels
            norm1 = try LayerNorm(weights["layer_norm1"], channels, epsilon: configuration.epsilon)
                .smoothed(for: weights.precision)
            attention = try GridAttention(
                weights["attn"], configuration, isGlobal: isGlobal, after: norm1)
            norm2 = try LayerNorm(weights["layer_norm2"], channels, epsilon: configuration.epsilon)
                .smoothed(for: weights.precision)
            mlp = try MLP(
                weights["mlp"], ("lin1", "lin2"), channels: channels, hidden: configuration.hidden,
                activation: configuration.activation, after: norm2)
        }

        /// - Parameter x: patch tokens, [B, h, w, C].
        /// - Returns: [B, h, w, C].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            let h = attention(norm1(x), residual: x)
            return mlp(norm2(h), residual: h)
        }
    }

    /// Attention among the cells of a window, or of the whole grid, with decomposed relative positions.
    ///
    /// The published model pads the grid to whole windows after the layer norm, so that a padded cell's
    /// query, key and value are the bias: the cell takes part in the attention, but needs no product.
    package struct GridAttention: Sendable {
        package let queriesKeysValues: Linear
        /// The queries, keys and values of cells outside the grid, [3C].
        package let padding: Tensor
        package let output: Linear
        package let positions: RelativePositions?
        package let heads: Int
        /// The precision of the attention itself.
        let precision: Tensor.Precision
        /// The side of a window in cells; nil attends to the whole grid.
        package let window: Int?

        init(
            _ weights: Weights, _ configuration: Configuration.ViTDet, isGlobal: Bool,
            after norm: LayerNorm? = nil
        ) throws {
            let channels = configuration.channels
            heads = configuration.heads
            precision =
                configuration.attendsLong
                ? weights.attentionPrecision(channels: channels / heads) : weights.floatingPrecision
            window = isGlobal ? nil : configuration.window
            queriesKeysValues = try Linear(
                weights["qkv"], in: channels, out: 3 * channels, bias: configuration.attentionBias,
                after: norm)
            padding = queriesKeysValues.bias ?? .zeros([3 * channels])
            output = try Linear(weights["proj"], in: channels, out: channels)
            let shape: Tensor.Shape = [2 * (window ?? configuration.grid) - 1, channels / heads]
            positions =
                try configuration.relativePositions
                ? RelativePositions(
                    height: weights.tensor("rel_pos_h", shape), width: weights.tensor("rel_pos_w", shape),
                    precision: precision)
                : nil
        }

        /// - Parameters:
        ///   - x: [B, h, w, C].
        ///   - residual: added to the result, [B, h, w, C].
        /// - Returns: [B, h, w, C].
        package func callAsFunction(_ x: Tensor, residual: Tensor? = nil) -> Tensor {
            let mixed = gridAttention(
                queriesKeysValues(x), heads: heads, positions: positions, window: window, padding: padding,
                precision: precision)
            return output(mixed, residual: residual)
        }
    }
}
