import SpanielPlatform
package import Tensor

extension SAM {
    /// The mask decoder computes masks and their predicted IoU from a picture's embedding and a prompt's
    /// tokens (SAM, appendix A).
    package struct MaskDecoder: Sendable {
        /// PerSAM's two additions to the decoder (PerSAM, section 3.2).
        package struct Guidance: Sendable {
            /// The similarity of each cell to the object, 0…1, added to the tokens' attention to the picture,
            /// [hw].
            package var attention: Tensor?
            /// The object's feature, added to every token, [C].
            package var target: Tensor?

            package init(attention: Tensor?, target: Tensor?) {
                self.attention = attention
                self.target = target
            }
        }

        /// In SAM 2 a token for the presence, then a token for the score and one for each mask, [tokens, C].
        package let outputTokens: Tensor
        package private(set) var layers: [TwoWayLayer]
        package let finalAttention: MultiHeadAttention
        package let finalNorm: LayerNorm
        package let upscaling: Upscaling
        /// For each mask, the perceptron from its token to the weights of the channels.
        package let weightings: [Perceptron]
        package let scores: Perceptron
        /// From the first token to the logit that the object is there; nil for SAM.
        package let presence: Perceptron?
        private let fallback: Configuration.SecondGeneration.Fallback?
        /// The cells' positions, [1, hw, C].
        package let positions: Tensor

        init(_ weights: Weights, _ configuration: Configuration.MaskDecoder, positions: Tensor) throws {
            let channels = configuration.channels
            let masks = configuration.masks + 1
            let isSecond = configuration.second != nil
            outputTokens = try Tensor.concatenated(
                (isSecond ? [weights["obj_score_token"].tensor("weight", [1, channels])] : []) + [
                    weights["iou_token"].tensor("weight", [1, channels]),
                    weights["mask_tokens"].tensor("weight", [masks, channels]),
                ], axis: 0)
            let transformer = weights["transformer"]
            layers = try (0..<configuration.layers).map { i in
                try TwoWayLayer(transformer["layers"][i], configuration, isFirst: i == 0)
            }
            finalAttention = try MultiHeadAttention(
                transformer["final_attn_token_to_image"], channels: channels,
                inner: channels / configuration.attentionDownsampling,
                heads: configuration.heads, output: configuration.attentionOutputName)
            finalNorm = try LayerNorm(transformer["layer_norm_final_attn"], channels, epsilon: 1e-5)
            upscaling = try Upscaling(weights, channels: channels)
            weightings = try (0..<masks).map { i in
                try Perceptron(
                    weights["output_hypernetworks_mlps"][i], in: channels, hidden: channels,
                    out: channels / 8, layers: 3)
            }
            scores = try Perceptron(
                weights["iou_prediction_head"], in: channels, hidden: configuration.scoreHidden, out: masks,
                layers: configuration.scoreLayers)
            presence =
                try isSecond
                ? Perceptron(
                    weights["pred_obj_score_head"], in: channels, hidden: channels, out: 1, layers: 3) : nil
            fallback = configuration.second?.fallback
            self.positions = positions
        }

        /// The decoder of the authors' code, whose layers' norms use PyTorch's default epsilon; transformers
        /// takes the configuration's.
        var original: MaskDecoder {
            var copy = self
            copy.layers = layers.map { $0.withEpsilon(1e-5) }
            return copy
        }

        /// Computes the part of the first layer that does not depend on the prompt.
        /// - Parameter tokens: the picture's embedding with the value for "no mask" added, [1, hw, C].
        func prepared(_ tokens: Tensor) -> PictureTokens {
            layers[0].prepared(tokens, positions)
        }

        /// - Parameters:
        ///   - prompt: the prompt's tokens, [n, C].
        ///   - picture: the embedding plus the mask prompt's map.
        ///   - fineLevels: those of `ImageFeatures`, for SAM 2.
        ///   - masks: which masks to compute; 0 is the single answer, 1 and above are the alternatives.
        /// - Returns: logits [masks, 4h · 4w], scores [masks], and for SAM 2 the logit of the presence.
        package func callAsFunction(
            _ prompt: Tensor, _ picture: PictureTokens, fineLevels: [Tensor] = [], side: Int,
            masks: Range<Int>, guidance: Guidance? = nil
        ) -> (logits: Tensor, scores: Tensor, presence: Float?) {
            let tokens = Tensor.concatenated([outputTokens, prompt], axis: 0)
            let (q, k) = transform(
                tokens.reshaped(Tensor.Shape([1] + tokens.shape.extents)), picture, guidance)
            let grid = upscaling(k.reshaped([1, side, side, k.shape[2]]), fineLevels)
            let cells = grid.reshaped([grid.shape[1] * grid.shape[2], grid.shape[3]])
            let presence = presence.map { $0(q[leading: 0][leading: 0..<1])[0, 0] }
            let found = q[leading: 0][leading: (presence == nil ? 0 : 1)..<q.shape[1]]
            func logits(_ masks: Range<Int>) -> Tensor {
                let weights = Tensor.concatenated(
                    masks.map { weightings[$0](found[leading: 1 + $0..<2 + $0]) }, axis: 0)
                return matmul(weights, cells, transposed: true)
            }
            var all = scores(found[leading: 0..<1])
            all = (presence == nil ? all : all.map(sigmoid)).reshaped([all.count])
            let answer = logits(masks)
            if let fallback, masks == 0..<1, !fallback.isStable(answer) {
                let best = 1 + all[leading: 1..<all.count].argmax()
                return (logits(best..<best + 1), all[leading: best..<best + 1], presence)
            }
            return (answer, all[leading: masks], presence)
        }

        /// Runs the two-way transformer.
        ///
        /// PerSAM's authors add the target to the tokens in place, and the tokens are also their own
        /// positions. Therefore every layer's positions contain the target, and the last attention adds it
        /// once more.
        private func transform(_ tokens: Tensor, _ picture: PictureTokens, _ guidance: Guidance?) -> (
            Tensor, Tensor
        ) {
            let target = guidance?.target
            let p = target.map { tokens + $0 } ?? tokens
            var q = tokens
            var k = picture
            for layer in layers {
                let (tokens, cells) = layer(target.map { q + $0 } ?? q, p, k, guidance: guidance?.attention)
                q = tokens
                k = PictureTokens(tokens: cells, positions: positions)
            }
            let queries = target.map { q + p + $0 } ?? q + p
            return (finalNorm(finalAttention(queries, k.placed, k.tokens, residual: q)), k.tokens)
        }
    }

    /// Enlarges the grid four times in two steps, to an eighth of the channels; SAM 2 adds its fine levels:
    ///
    ///     GELU(ConvTranspose(GELU(LayerNorm(ConvTranspose(x) + level₁))) + level₀)
    package struct Upscaling: Sendable {
        package let conv1: ConvTranspose2d
        package let norm: LayerNorm
        package let conv2: ConvTranspose2d

        init(_ weights: Weights, channels: Int) throws {
            conv1 = try ConvTranspose2d(weights["upscale_conv1"], in: channels, out: channels / 4, kernel: 2)
            norm = try LayerNorm(weights["upscale_layer_norm"], channels / 4, epsilon: 1e-6)
            conv2 = try ConvTranspose2d(
                weights["upscale_conv2"], in: channels / 4, out: channels / 8, kernel: 2)
        }

        /// - Parameters:
        ///   - x: [1, h, w, C].
        ///   - fineLevels: none, or [1, 4h, 4w, C/8] and [1, 2h, 2w, C/4].
        /// - Returns: [1, 4h, 4w, C/8].
        package func callAsFunction(_ x: Tensor, _ fineLevels: [Tensor] = []) -> Tensor {
            guard fineLevels.count == 2 else { return conv2(norm(conv1(x)).gelu(), activation: .gelu) }
            let half = norm(conv1(x) + fineLevels[1]).gelu()
            return (conv2(half) + fineLevels[0]).gelu()
        }
    }

    /// Linear layers with ReLU between them.
    package struct Perceptron: Sendable {
        package let layers: [Linear]

        init(_ weights: Weights, in channels: Int, hidden: Int, out: Int, layers count: Int) throws {
            var layers = [try Linear(weights["proj_in"], in: channels, out: hidden)]
            for i in 0..<count - 2 {
                layers.append(try Linear(weights["layers"][i], in: hidden, out: hidden))
            }
            self.layers = layers + [try Linear(weights["proj_out"], in: hidden, out: out)]
        }

        /// - Parameter x: [N, C].
        /// - Returns: [N, out].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            layers[layers.count - 1](layers.dropLast().reduce(x) { $1($0, activation: .relu) })
        }
    }
}

/// Returns 1 / (1 + e⁻ˣ), computed in double precision and rounded once: for scores, of which there are few.
func sigmoid(_ x: Float) -> Float { Float(1 / (1 + exp(-Double(x)))) }
