package import Tensor

extension SAM.Configuration {
    /// The sizes of SAM 2's image encoder, a Hiera with a feature pyramid on its stages.
    package struct Hiera: Sendable, Equatable {
        /// Some blocks of one width and one grid.
        package struct Stage: Sendable, Equatable {
            package var blocks: Int
            package var channels: Int
            package var heads: Int
            /// Side of a window, in cells; nil: the whole grid.
            package var window: Int?
            /// Whether the first block halves the grid.
            package var isPooled: Bool
        }

        /// Side of the input, in pixels.
        package var imageSize: Int
        /// Side of the patches' kernel, in pixels, and the distance of two patches.
        package var patchKernel: Int
        package var patchStride: Int
        package var stages: [Stage]
        /// The blocks that attend to the whole grid, counted through all stages.
        package var globalBlocks: Set<Int>
        /// The rows and columns of the positions before they are enlarged to the grid.
        package var positionRows: Int
        package var positionColumns: Int
        /// The inner width of the MLPs over the outer one.
        package var hiddenRatio: Double
        package var activation: Tensor.Activation
        package var epsilon: Float
        /// Channels of every level of the pyramid.
        package var outputChannels: Int
        /// The levels, counted from the finest, to which the next coarser one is added.
        package var topDownLevels: Set<Int>

        func hidden(_ channels: Int) -> Int { Int(Double(channels) * hiddenRatio) }
    }
}

extension SAM.Configuration.Hiera: ImageEncoderSizes {
    /// The third stage's cells, after two poolings.
    var patchSize: Int { 4 * patchStride }
    var positionFeatures: Int { outputChannels / 2 }
    /// Those of the stage where most of the work is.
    var channels: Int { stages[2].channels }

    func load(_ weights: Weights) throws -> any SAM.ImageEncoder { try SAM.Hiera(weights, self) }
}

extension SAM.Configuration.Hiera {
    /// - Parameter vision: the section `vision_config`.
    init(_ vision: ConfigurationReader) throws(WeightsError) {
        let reader = try vision.section("backbone_config")
        imageSize = try reader.side("image_size", default: 1024)
        patchKernel = try reader.side("patch_kernel_size", default: 7)
        patchStride = try reader.side("patch_stride", default: 4)
        let blocks = try reader.ints("blocks_per_stage", default: [1, 2, 7, 2], in: 1...1024)
        guard (3...16).contains(blocks.count) else {
            throw reader.unsupported("blocks_per_stage", "3 to 16 stages")
        }
        func each(_ key: String, _ values: [Int], in range: ClosedRange<Int>) throws(WeightsError) -> [Int] {
            let found = try reader.ints(key, default: values, in: range)
            guard found.count == blocks.count else {
                throw reader.unsupported(key, "\(blocks.count) numbers, one for each of blocks_per_stage")
            }
            return found
        }
        let channels = try each("embed_dim_per_stage", [96, 192, 384, 768], in: 1...65536)
        let heads = try each("num_attention_heads_per_stage", [1, 2, 4, 8], in: 1...1024)
        let windows = try each("window_size_per_stage", [8, 4, 14, 7], in: 0...65536)
        let pooled = try reader.int("num_query_pool_stages", default: 3, in: 2...16)
        stages = blocks.indices.map { i in
            Stage(
                blocks: blocks[i], channels: channels[i], heads: heads[i],
                window: windows[i] == 0 ? nil : windows[i], isPooled: i > 0 && i <= pooled)
        }
        globalBlocks = Set(try reader.ints("global_attention_blocks", default: [5, 7, 9]))
        let positions = try reader.ints(
            "window_positional_embedding_background_size", default: [7, 7], in: 1...4096)
        guard positions.count == 2 else {
            throw reader.unsupported("window_positional_embedding_background_size", "two numbers")
        }
        (positionRows, positionColumns) = (positions[0], positions[1])
        hiddenRatio = try reader.double("mlp_ratio", default: 4, in: 0.001...1000)
        activation = try reader.activation(default: "gelu")
        epsilon = try reader.epsilon(default: 1e-6)
        outputChannels = try vision.int("fpn_hidden_size", default: 256, in: 8...65536)
        topDownLevels = Set(try vision.ints("fpn_top_down_levels", default: [2, 3]))
        try check(reader)
        try checkPyramid(vision)
    }

    private func check(_ reader: ConfigurationReader) throws(WeightsError) {
        _ = try reader.int("num_channels", default: 3, in: 3...3)
        let first = stages[0].channels
        try reader.require(
            "hidden_size", reader.int("hidden_size", default: 96), first, "the first of embed_dim_per_stage")
        if patchKernel % 2 == 0 || patchKernel <= patchStride {
            throw reader.unsupported("patch_kernel_size", "an odd number above patch_stride, \(patchStride)")
        }
        try reader.require(
            "patch_padding", reader.side("patch_padding", default: 3), patchKernel / 2,
            "half of patch_kernel_size")
        try reader.require("query_stride", reader.side("query_stride", default: 2), 2, "a halving")
        let step = patchStride << stages.count { $0.isPooled }
        try reader.require("image_size", imageSize % step, 0, "a multiple of \(step), the coarsest cell")
        guard let window = stages[0].window, imageSize / patchStride % window == 0 else {
            throw reader.unsupported(
                "window_size_per_stage", "a first window that divides the \(imageSize / patchStride) patches")
        }
        var block = 0
        for (i, stage) in stages.enumerated() {
            try reader.require(
                "num_attention_heads_per_stage", stage.channels % stage.heads, 0, "divisors of the channels")
            if hidden(stage.channels) < 1 { throw reader.unsupported("mlp_ratio", "at least 1 / channels") }
            if stage.isPooled {
                // The published code fails for each of these.
                if stage.channels == stages[i - 1].channels {
                    throw reader.unsupported("embed_dim_per_stage", "another width after each pooling")
                }
                guard let window = stages[i - 1].window, window % 2 == 0 else {
                    throw reader.unsupported("window_size_per_stage", "even windows before each pooling")
                }
                if globalBlocks.contains(block) {
                    throw reader.unsupported("global_attention_blocks", "blocks that do not pool")
                }
            }
            block += stage.blocks
        }
    }

    private func checkPyramid(_ vision: ConfigurationReader) throws(WeightsError) {
        _ = try vision.int("num_feature_levels", default: 3, in: 3...3)
        _ = try vision.int("fpn_kernel_size", default: 1, in: 1...1)
        _ = try vision.int("fpn_stride", default: 1, in: 1...1)
        _ = try vision.int("fpn_padding", default: 0, in: 0...0)
        try vision.require("fpn_hidden_size", outputChannels % 8, 0, "a multiple of 8")
        let widths = try vision.ints("backbone_channel_list", default: [768, 384, 192, 96])
        if widths != stages.map(\.channels).reversed() {
            throw vision.unsupported(
                "backbone_channel_list", "embed_dim_per_stage from the last to the first")
        }
        for level in topDownLevels where level < stages.count - 1 && !stages[level + 1].isPooled {
            throw vision.unsupported("fpn_top_down_levels", "levels whose next coarser stage is pooled")
        }
    }
}
