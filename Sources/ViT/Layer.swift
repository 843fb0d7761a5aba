package import Tensor

extension ViT {
    /// The sizes of a stack of layers.
    package struct LayerSizes: Sendable, Equatable {
        package var channels: Int
        package var layers: Int
        package var heads: Int
        /// The inner width of the MLPs.
        package var hidden: Int
        package var activation: Tensor.Activation
        package var epsilon: Float

        package init(
            channels: Int, layers: Int, heads: Int, hidden: Int, activation: Tensor.Activation, epsilon: Float
        ) {
            (self.channels, self.layers, self.heads, self.hidden) = (channels, layers, heads, hidden)
            (self.activation, self.epsilon) = (activation, epsilon)
        }

        /// Reads `hidden_size`, `num_hidden_layers`, `num_attention_heads`, `intermediate_size`, `hidden_act`
        /// and `layer_norm_eps`.
        /// - Parameter defaults: those of the class in transformers.
        package init(_ reader: ConfigurationReader, defaults: LayerSizes, activation: String, epsilon: Double)
            throws(WeightsError)
        {
            channels = try reader.int("hidden_size", default: defaults.channels, in: 1...65536)
            layers = try reader.int("num_hidden_layers", default: defaults.layers, in: 1...1024)
            heads = try reader.int("num_attention_heads", default: defaults.heads, in: 1...1024)
            hidden = try reader.int("intermediate_size", default: defaults.hidden, in: 1...1 << 20)
            self.activation = try reader.activation(default: activation)
            self.epsilon = try reader.epsilon(default: epsilon)
            if channels % heads != 0 {
                throw reader.unsupported("num_attention_heads", "a divisor of hidden_size, \(channels)")
            }
        }
    }

    /// One layer of the encoder, which normalises first: attention among the tokens, then an MLP (ViT,
    /// equations 2 and 3).
    ///
    ///     h = x + Attention(LayerNorm(x))
    ///     y = h + MLP(LayerNorm(h))
    package struct Layer: Sendable {
        package let norm1: LayerNorm
        package let attention: SelfAttention
        package let norm2: LayerNorm
        package let mlp: MLP

        package init(
            _ weights: Weights, _ sizes: LayerSizes, names: LayerNames = .clip, attentionBias: Bool = true
        ) throws {
            norm1 = try LayerNorm(weights[names.norm1], sizes.channels, epsilon: sizes.epsilon)
                .smoothed(for: weights.precision)
            attention = try SelfAttention(
                weights, channels: sizes.channels, heads: sizes.heads, names: names, bias: attentionBias,
                after: norm1)
            norm2 = try LayerNorm(weights[names.norm2], sizes.channels, epsilon: sizes.epsilon)
                .smoothed(for: weights.precision)
            mlp = try MLP(
                weights, (names.first, names.second), channels: sizes.channels, hidden: sizes.hidden,
                activation: sizes.activation, after: norm2)
        }

        /// - Parameters:
        ///   - x: tokens, [B, N, C].
        ///   - causal: whether a token sees only itself and those before it.
        /// - Returns: [B, N, C].
        package func callAsFunction(_ x: Tensor, causal: Bool = false) -> Tensor {
            let h = attention(norm1(x), causal: causal, residual: x)
            return mlp(norm2(h), residual: h)
        }
    }

    /// Multi-head attention among tokens; one product computes queries, keys and values.
    package struct SelfAttention: Sendable {
        package let queriesKeysValues: Linear
        package let output: Linear
        package let heads: Int
        /// The precision of the attention itself.
        let precision: Tensor.Precision

        /// - Parameters:
        ///   - bias: whether queries, keys and values have a bias; the output always has one.
        ///   - scale: factors of the output's channels, [C].
        ///   - norm: whose result it reads.
        package init(
            _ weights: Weights, channels: Int, heads: Int, names: LayerNames = .clip, bias: Bool = true,
            scale: Tensor? = nil, after norm: LayerNorm? = nil
        ) throws {
            self.heads = heads
            precision = weights.attentionPrecision(channels: channels / heads)
            let parts = [names.queries, names.keys, names.values].map { weights[$0] }
            let matrices = try parts.map { try $0.promised("weight", [channels, channels]) }
            let biases = try bias ? parts.map { try $0.tensor("bias", [channels]) } : []
            queriesKeysValues = Linear(
                weight: try weights.packed(
                    "queries, keys, values", [3 * channels, channels], precision: weights.precision
                ) {
                    let all = Tensor.concatenated(try matrices.map { try $0.borrowed() }, axis: 0)
                    return norm?.reading(all) ?? all
                },
                bias: biases.isEmpty ? nil : .concatenated(biases, axis: 0))
            let place = weights[names.output]
            output =
                if let scale {
                    try Linear(place, in: channels, out: channels, scaledBy: scale)
                } else {
                    try Linear(place, in: channels, out: channels)
                }
        }

        /// - Parameters:
        ///   - x: tokens, [B, N, C].
        ///   - causal: whether a token sees only itself and those before it.
        ///   - residual: added to the result, [B, N, C].
        /// - Returns: [B, N, C].
        package func callAsFunction(_ x: Tensor, causal: Bool = false, residual: Tensor? = nil) -> Tensor {
            let mixed = selfAttention(
                queriesKeysValues(x), heads: heads, causal: causal, precision: precision)
            return output(mixed, residual: residual)
        }
    }
}
