package import Tensor

extension SAM {
    /// One block of a TinyViT: attention inside windows, a depthwise convolution, and an MLP.
    ///
    ///     h = Conv3×3(x + Attention(LayerNorm(x)))
    ///     y = h + MLP(LayerNorm(h))
    package struct TinyViTBlock: Sendable {
        package let attention: WindowAttention
        package let local: DepthwiseConv2d
        package let norm: LayerNorm
        package let mlp: MLP

        init(_ weights: Weights, _ stage: Configuration.TinyViT.Stage, hidden: Int) throws {
            attention = try WindowAttention(weights["attn"], stage)
            local = try DepthwiseConv2d(folding: weights["local_conv"], stage.channels)
            norm = try LayerNorm(weights["mlp"]["norm"], stage.channels, epsilon: 1e-5)
                .smoothed(for: weights.precision)
            mlp = try MLP(
                weights["mlp"], ("fc1", "fc2"), channels: stage.channels, hidden: hidden, activation: .gelu,
                after: norm)
        }

        /// - Parameter x: [B, h, w, C].
        /// - Returns: [B, h, w, C].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            let h = local(attention(x))
            return mlp(norm(h), residual: h)
        }
    }

    /// Attention among the cells of a window, with a learned bias for each pair of distances, and the input added
    /// to it.
    ///
    /// The published model pads the grid to whole windows before the layer norm, so that a padded cell is the
    /// norm's bias: its query, key and value are the same for all, and need no product of their own.
    package struct WindowAttention: Sendable {
        package let norm: LayerNorm
        package let queriesKeysValues: Linear
        /// The queries, keys and values of cells outside the grid, [3C].
        package let padding: Tensor
        package let output: Linear
        package let biases: WindowBiases
        package let heads: Int
        /// The precision of the attention itself.
        let precision: Tensor.Precision
        /// The side of a window in cells.
        package let window: Int

        init(_ weights: Weights, _ stage: Configuration.TinyViT.Stage) throws {
            let channels = stage.channels
            (heads, window) = (stage.heads, stage.window)
            precision = weights.attentionPrecision(channels: channels / heads)
            let norm = try LayerNorm(weights["norm"], channels, epsilon: 1e-5)
                .smoothed(for: weights.precision)
            self.norm = norm
            // The file has each head's queries, keys and values together; ours are all queries, then all keys.
            let (heads, width) = (stage.heads, channels / stage.heads)
            let weight = try weights["qkv"].promised("weight", [3 * channels, channels])
            let bias = try weights["qkv"].tensor("bias", [3 * channels])
                .reshaped([heads, 3, width]).transposed([1, 0, 2])
            let matrix = try weights["qkv"].packed(
                "weight of \(heads) heads", [3 * channels, channels], precision: weights.precision
            ) {
                norm.reading(
                    try weight.borrowed().reshaped([heads, 3, width * channels]).transposed([1, 0, 2])
                        .reshaped([3 * channels, channels]))
            }
            queriesKeysValues = Linear(weight: matrix, bias: bias.reshaped([3 * channels]))
            padding = queriesKeysValues(norm(.zeros([1, channels]))).reshaped([3 * channels])
            output = try Linear(weights["proj"], in: channels, out: channels)
            biases = WindowBiases(
                distances: try weights.tensor("attention_biases", [heads, window * window]), side: window)
        }

        /// - Parameter x: [B, h, w, C].
        /// - Returns: [B, h, w, C].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            let mixed = gridAttention(
                queriesKeysValues(norm(x)), heads: heads, biases: biases, window: window, padding: padding,
                precision: precision)
            return output(mixed, residual: x)
        }
    }
}
