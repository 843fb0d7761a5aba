package import Tensor

extension SAM {
    /// MobileSAM's image encoder, TinyViT (Wu et al. 2022, arXiv:2207.10666): a stage of convolutions, then three
    /// of attention in windows, and SAM's neck (MobileSAM, arXiv:2306.14289).
    package struct TinyViT: ImageEncoder {
        package let patches: TinyViTPatches
        package let convolutions: [Bottleneck]
        /// For each further stage, what leads to it and its blocks.
        package let stages: [(merging: Bottleneck, blocks: [TinyViTBlock])]
        package let neck: Neck

        init(_ weights: Weights, _ configuration: Configuration.TinyViT) throws {
            let channels = configuration.stages.map(\.channels)
            let layers = weights["layers"]
            patches = try TinyViTPatches(weights["patch_embed"]["seq"], channels: channels[0])
            convolutions = try (0..<configuration.stages[0].blocks).map { i in
                try Bottleneck(
                    weights: layers[0]["blocks"][i].floating, in: channels[0], hidden: configuration.expanded,
                    out: channels[0], stride: 1)
            }
            stages = try (1..<channels.count).map { i in
                // The last stage keeps the grid of the one before.
                let merging = try Bottleneck(
                    weights: layers[i - 1]["downsample"].floating, in: channels[i - 1], hidden: channels[i],
                    out: channels[i], stride: i == channels.count - 1 ? 1 : 2)
                let blocks = try (0..<configuration.stages[i].blocks).map { j in
                    try TinyViTBlock(
                        layers[i]["blocks"][j], configuration.stages[i], hidden: configuration.hidden(i))
                }
                return (merging, blocks)
            }
            neck = try Neck(
                weights["neck"], in: channels[channels.count - 1], out: configuration.outputChannels)
        }

        /// - Parameter pixels: [1, S, S, 3], normalised.
        /// - Throws: `CancellationError` between blocks when the current task is cancelled.
        package func callAsFunction(_ pixels: Tensor) throws -> ImageFeatures {
            var x = patches(pixels)
            for block in convolutions {
                try Task.checkCancellation()
                x = block(x, addsInput: true)
            }
            for stage in stages {
                x = stage.merging(x, addsInput: false)
                for block in stage.blocks {
                    try Task.checkCancellation()
                    x = block(x)
                }
            }
            try Task.checkCancellation()
            return ImageFeatures(embedding: neck(x))
        }
    }

    /// The patches: two convolutions of 3 × 3, each of which halves the grid, GELU between them.
    package struct TinyViTPatches: Sendable {
        package let conv1: Conv2d
        package let conv2: Conv2d

        init(_ weights: Weights, channels: Int) throws {
            conv1 = try Conv2d(folding: weights["0"], in: 3, out: channels / 2, kernel: 3, stride: 2)
            conv2 = try Conv2d(
                folding: weights["2"], in: channels / 2, out: channels, kernel: 3, stride: 2)
        }

        /// - Parameter pixels: [B, S, S, 3].
        /// - Returns: [B, S/4, S/4, C].
        package func callAsFunction(_ pixels: Tensor) -> Tensor {
            conv2(conv1(pixels, activation: .gelu))
        }
    }
}

extension Bottleneck {
    /// Reads a block of convolutions, or what merges the cells before a stage: both have three convolutions with
    /// their batch norms, of 1 × 1, of 3 × 3 by channel, and of 1 × 1.
    fileprivate init(weights: Weights, in channels: Int, hidden: Int, out: Int, stride: Int) throws {
        self.init(
            expansion: try Linear(folding: weights["conv1"], in: channels, out: hidden),
            depthwise: try DepthwiseConv2d(folding: weights["conv2"], hidden, stride: stride),
            projection: try Linear(folding: weights["conv3"], in: hidden, out: out), activation: .gelu)
    }
}
