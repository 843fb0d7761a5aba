package import Tensor

extension DINOv2 {
    /// One layer of the encoder, which scales what it adds, channel by channel (DINOv2; Touvron et al. 2021):
    ///
    ///     h = x + λ₁ ⊙ Attention(LayerNorm(x))
    ///     y = h + λ₂ ⊙ MLP(LayerNorm(h))
    ///
    /// λ₁ and λ₂ are multiplied into the last product of each half when they are read.
    package struct Layer: Sendable {
        package let norm1: LayerNorm
        package let attention: ViT.SelfAttention
        package let norm2: LayerNorm
        package let mlp: Perceptron

        package init(_ weights: Weights, _ configuration: Configuration) throws {
            let sizes = configuration.layers
            func scale(_ name: String) throws -> Tensor {
                try weights[name].tensor("lambda1", [sizes.channels])
            }
            norm1 = try LayerNorm(weights["norm1"], sizes.channels, epsilon: sizes.epsilon)
                .smoothed(for: weights.precision)
            // The names are transformers' since version 5, or else the hub's.
            attention = try ViT.SelfAttention(
                weights, channels: sizes.channels, heads: sizes.heads,
                names: weights.contains("attention.q_proj.weight") ? .transformers : .hub,
                bias: configuration.attentionBias, scale: scale("layer_scale1"),
                after: norm1)
            norm2 = try LayerNorm(weights["norm2"], sizes.channels, epsilon: sizes.epsilon)
                .smoothed(for: weights.precision)
            mlp = try Perceptron(
                weights["mlp"], sizes, isGated: configuration.isGated, scale: scale("layer_scale2"),
                after: norm2)
        }

        /// - Parameter x: tokens, [1, N, C].
        /// - Returns: [1, N, C].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            let h = attention(norm1(x), residual: x)
            return mlp(norm2(h), residual: h)
        }
    }

    /// The second half of a layer: a plain MLP, or the giant model's with a gate.
    package enum Perceptron: Sendable {
        case plain(MLP)
        case gated(SwiGLU)

        init(
            _ weights: Weights, _ sizes: ViT.LayerSizes, isGated: Bool, scale: Tensor, after norm: LayerNorm
        ) throws {
            let (channels, hidden) = (sizes.channels, sizes.hidden)
            self =
                isGated
                ? .gated(try SwiGLU(weights, channels: channels, hidden: hidden, scale: scale, after: norm))
                : .plain(
                    MLP(
                        first: try Linear(weights["fc1"], in: channels, out: hidden, after: norm),
                        second: try Linear(weights["fc2"], in: hidden, out: channels, scaledBy: scale),
                        activation: sizes.activation))
        }

        func callAsFunction(_ x: Tensor, residual: Tensor) -> Tensor {
            switch self {
            case .plain(let mlp): mlp(x, residual: residual)
            case .gated(let mlp): mlp(x, residual: residual)
            }
        }
    }

    /// A perceptron whose hidden layer has a gate (Shazeer 2020): Wo(silu(Wg x) ⊙ Wu x), with biases.
    package struct SwiGLU: Sendable {
        package let gate: Linear
        package let up: Linear
        package let down: Linear

        /// Files have the gate and what it opens for as one matrix, the gate first; transformers' modules
        /// have two.
        init(_ weights: Weights, channels: Int, hidden: Int, scale: Tensor, after norm: LayerNorm) throws {
            let isNew = weights.contains("gate_proj.weight")
            if isNew {
                gate = try Linear(weights["gate_proj"], in: channels, out: hidden, after: norm)
                up = try Linear(weights["up_proj"], in: channels, out: hidden, after: norm)
            } else {
                let weight = try weights["weights_in"].promised("weight", [2 * hidden, channels])
                let bias = try weights["weights_in"].tensor("bias", [2 * hidden])
                func half(_ range: Range<Int>) throws -> Linear {
                    Linear(
                        weight: try weights["weights_in"].packed(
                            "rows \(range)", [hidden, channels], precision: weights.precision
                        ) { norm.reading(try weight.borrowed()[leading: range]) }, bias: bias[leading: range])
                }
                gate = try half(0..<hidden)
                up = try half(hidden..<2 * hidden)
            }
            down = try Linear(
                weights[isNew ? "down_proj" : "weights_out"], in: hidden, out: channels, scaledBy: scale)
        }

        func callAsFunction(_ x: Tensor, residual: Tensor) -> Tensor {
            down(gate(x, activation: .silu) * up(x), residual: residual)
        }
    }
}
