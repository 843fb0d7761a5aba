import Tensor

extension SAM.Configuration {
    /// The sizes of MobileSAM's image encoder.
    package struct TinyViT: Sendable, Equatable {
        /// The sizes of one of its four stages.
        package struct Stage: Sendable, Equatable {
            package var channels: Int
            package var blocks: Int
            /// Of its attention; the first stage has none.
            package var heads: Int
            /// Side of a window, in cells.
            package var window: Int
        }

        /// Side of the input, in pixels.
        package var imageSize: Int
        package var stages: [Stage]
        /// The inner width of the MLPs, as a multiple of a stage's channels.
        package var ratio: Double
        /// The inner width of the first stage's convolutions.
        package var expanded: Int
        /// Channels of the embedding.
        package var outputChannels: Int

        /// The inner width of the MLPs of a stage.
        func hidden(_ stage: Int) -> Int { Int(Double(stages[stage].channels) * ratio) }
    }
}

extension SAM.Configuration.TinyViT: ImageEncoderSizes {
    /// Two convolutions and two mergings halve the grid each; the third merging does not.
    var patchSize: Int { 16 }
    var positionFeatures: Int { outputChannels / 2 }
    var channels: Int { stages.map(\.channels).max() ?? 0 }
    func load(_ weights: Weights) throws -> any SAM.ImageEncoder {
        try SAM.TinyViT(weights["vision_encoder"], self)
    }
}

extension SAM.Configuration.TinyViT {
    /// Reads the sizes; an absent key takes MobileSAM's.
    init(_ reader: ConfigurationReader) throws(WeightsError) {
        _ = try reader.oneOf("model_type", default: "tiny_vit", ["tiny_vit"])
        imageSize = try reader.side("image_size", default: 1024)
        try reader.require("image_size", imageSize % 16, 0, "a multiple of 16")
        outputChannels = try reader.int("output_channels", default: 256, in: 1...65536)
        try reader.require("output_channels", outputChannels % 2, 0, "an even number")
        ratio = try reader.double("mlp_ratio", default: 4, in: 0.001...1000)
        _ = try reader.int("local_conv_size", default: 3, in: 3...3)
        func four(_ key: String, _ standard: [Int], in range: ClosedRange<Int>) throws(WeightsError) -> [Int]
        {
            let list = try reader.ints(key, default: standard, in: range)
            if list.count != 4 { throw reader.unsupported(key, "four whole numbers, one for each stage") }
            return list
        }
        let channels = try four("embed_dims", [64, 128, 160, 320], in: 2...65536)
        let blocks = try four("depths", [2, 2, 6, 2], in: 1...1024)
        let heads = try four("num_heads", [2, 4, 5, 10], in: 1...1024)
        // The biases of a window's pairs are written out: four times the side needs 256 times the memory.
        let windows = try four("window_sizes", [7, 7, 14, 7], in: 1...32)
        stages = (0..<4).map {
            Stage(channels: channels[$0], blocks: blocks[$0], heads: heads[$0], window: windows[$0])
        }
        let expansion = try reader.double("mbconv_expand_ratio", default: 4, in: 0.001...1000)
        expanded = Int(Double(channels[0]) * expansion)
        if expanded < 1 { throw reader.unsupported("mbconv_expand_ratio", "at least 1 / embed_dims[0]") }
        try reader.require("embed_dims", channels[0] % 2, 0, "an even number first")
        for stage in stages.dropFirst() {
            try reader.require(
                "embed_dims", stage.channels % stage.heads, 0,
                "\(stage.channels) a multiple of num_heads \(stage.heads)")
            if Int(Double(stage.channels) * ratio) < 1 {
                throw reader.unsupported("mlp_ratio", "at least 1 / embed_dims")
            }
        }
    }
}
