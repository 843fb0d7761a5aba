import SpanielImaging
package import Tensor

extension SAM {
    /// Encodes points and boxes as tokens, and masks as a map, for the decoder (SAM, appendix A).
    package struct PromptEncoder: Sendable {
        package let positions: PositionalEncoding
        /// The embeddings of a background point, an object point, a box's top left corner and its bottom
        /// right corner; [C] each.
        package let kinds: [Tensor]
        /// The token that replaces the missing box after points, [C].
        package let notAPoint: Tensor
        /// The value of the map at every cell if there is no mask, [C].
        package let noMask: Tensor
        package let mask: MaskEmbedding
        private let side: Double
        private let isSecond: Bool

        init(_ weights: Weights, _ configuration: Configuration.PromptEncoder, positions: PositionalEncoding)
            throws
        {
            let channels = configuration.channels
            func vector(_ weights: Weights) throws -> Tensor {
                try weights.tensor("weight", [1, channels]).reshaped([channels])
            }
            self.positions = positions
            let points = weights["point_embed"]
            if configuration.isSecond {
                let table = try points.tensor("weight", [4, channels])
                kinds = (0..<4).map { table[leading: $0] }
            } else {
                kinds = try (0..<4).map { try vector(points[$0]) }
            }
            notAPoint = try vector(weights["not_a_point_embed"])
            noMask = try vector(weights["no_mask_embed"])
            mask = try MaskEmbedding(weights["mask_embed"], configuration)
            side = Double(configuration.imageSize)
            isSecond = configuration.isSecond
        }

        /// Returns the tokens of a prompt's points and box: the points, then the box's two corners or, after
        /// points without a box, `notAPoint`. In SAM 2 `notAPoint` follows a box too, and a mask alone has it
        /// twice.
        /// - Returns: [n, C]; n is 0 for a mask alone in SAM.
        package func tokens(_ prompt: Prompt, in frame: Frame) -> Tensor {
            var tokens: [Tensor] = prompt.points.map { entry in
                code(frame.scaled(entry.point)) + kinds[entry.isObject ? 1 : 0]
            }
            if let box = prompt.box {
                tokens.append(code(frame.scaled(Point(x: box.x1, y: box.y1))) + kinds[2])
                tokens.append(code(frame.scaled(Point(x: box.x2, y: box.y2))) + kinds[3])
            }
            if isSecond {
                tokens += tokens.isEmpty ? [notAPoint, notAPoint] : [notAPoint]
            } else if prompt.box == nil && !tokens.isEmpty {
                tokens.append(notAPoint)
            }
            return tokens.isEmpty ? Tensor([], [0, noMask.count]) : Tensor.stack(tokens)
        }

        /// Encodes the centre of the pixel at a position.
        private func code(_ point: Point) -> Tensor {
            let code = positions(x: (point.x + 0.5) / side, y: (point.y + 0.5) / side)
            return Tensor(code, [code.count])
        }
    }

    /// Computes the map that is added to the picture's embedding from low-resolution logits:
    ///
    ///     Conv1×1(GELU(LayerNorm(Conv2×2(GELU(LayerNorm(Conv2×2(m)))))))
    package struct MaskEmbedding: Sendable {
        package let conv1: Conv2d
        package let norm1: LayerNorm
        package let conv2: Conv2d
        package let norm2: LayerNorm
        package let conv3: Conv2d
        package let activation: Tensor.Activation

        init(_ weights: Weights, _ configuration: Configuration.PromptEncoder) throws {
            let inner = configuration.maskChannels
            conv1 = try Conv2d(weights["conv1"], in: 1, out: inner / 4, kernel: 2, stride: 2)
            norm1 = try LayerNorm(weights["layer_norm1"], inner / 4, epsilon: configuration.epsilon)
            conv2 = try Conv2d(weights["conv2"], in: inner / 4, out: inner, kernel: 2, stride: 2)
            norm2 = try LayerNorm(weights["layer_norm2"], inner, epsilon: configuration.epsilon)
            conv3 = try Conv2d(weights["conv3"], in: inner, out: configuration.channels, kernel: 1, stride: 1)
            activation = configuration.activation
        }

        /// - Parameter logits: [4h, 4w].
        /// - Returns: [1, h, w, C].
        package func callAsFunction(_ logits: Tensor) -> Tensor {
            let m = logits.reshaped([1, logits.shape[0], logits.shape[1], 1])
            let half = norm1(conv1(m)).activated(activation)
            let quarter = norm2(conv2(half)).activated(activation)
            return conv3(quarter)
        }
    }
}
