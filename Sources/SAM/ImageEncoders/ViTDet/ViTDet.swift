package import Tensor

extension SAM {
    /// SAM's own image encoder, a ViTDet: patches, layers of windowed and of global attention, and a neck
    /// (SAM, appendix A).
    package struct ViTDet: ImageEncoder {
        package let patches: Conv2d
        /// The absolute positions, [h, w, C], if the model has any.
        package let positions: Tensor?
        package let layers: [ViTDetLayer]
        package let neck: Neck

        init(_ weights: Weights, _ configuration: Configuration.ViTDet) throws {
            let channels = configuration.channels
            let grid = configuration.grid
            patches = try Conv2d(
                weights["patch_embed"]["projection"], in: 3, out: channels, kernel: configuration.patchSize,
                stride: configuration.patchSize
            )
            positions =
                try configuration.absolutePositions
                ? weights.tensor("pos_embed", [1, grid, grid, channels]).reshaped([grid, grid, channels])
                : nil
            layers = try (0..<configuration.layers).map { i in
                try ViTDetLayer(
                    weights["layers"][i], configuration, isGlobal: configuration.globalLayers.contains(i))
            }
            neck = try Neck(weights["neck"], in: channels, out: configuration.outputChannels)
        }

        /// - Parameter pixels: [1, S, S, 3], normalised.
        /// - Throws: `CancellationError` between layers when the current task is cancelled.
        package func callAsFunction(_ pixels: Tensor) throws -> ImageFeatures {
            var x = patches(pixels)
            if let positions { x += positions }
            for layer in layers {
                try Task.checkCancellation()
                x = layer(x)
            }
            try Task.checkCancellation()
            return ImageFeatures(embedding: neck(x))
        }
    }

    /// The neck reduces the layers' channels to the decoder's:
    ///
    ///     LayerNorm(Conv3×3(LayerNorm(Conv1×1(x))))
    package struct Neck: Sendable {
        package let conv1: Conv2d
        package let norm1: LayerNorm
        package let conv2: Conv2d
        package let norm2: LayerNorm

        init(_ weights: Weights, in channels: Int, out: Int) throws {
            conv1 = try Conv2d(weights["conv1"], in: channels, out: out, kernel: 1, stride: 1, bias: false)
            norm1 = try LayerNorm(weights["layer_norm1"], out, epsilon: 1e-6)
            conv2 = try Conv2d(weights["conv2"], in: out, out: out, kernel: 3, stride: 1, bias: false)
            norm2 = try LayerNorm(weights["layer_norm2"], out, epsilon: 1e-6)
        }

        /// - Parameter x: [B, h, w, C].
        /// - Returns: [B, h, w, C'].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            norm2(conv2(norm1(conv1(x))))
        }
    }
}
