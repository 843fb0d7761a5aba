package import SpanielPlatform
package import Tensor

extension DINOv2 {
    /// The sizes of a model, from its config.json.
    ///
    /// A key that is absent takes the default of transformers' class for the model's type.
    package struct Configuration: Sendable, Equatable {
        /// Side of the input for which the positions were trained, in pixels.
        package var imageSize: Int
        /// Side of a patch, in pixels.
        package var patchSize: Int
        package var layers: ViT.LayerSizes
        package var attentionBias: Bool
        /// Whether the MLPs have a gate; `layers.hidden` is then the gate's width.
        package var isGated: Bool
        /// Tokens without a place, between the class token and the patches.
        package var registers: Int
        /// Whether positions are resized as the models with registers do.
        package var hasAntialias: Bool

        /// Patches along a side of that input.
        package var grid: Int { imageSize / patchSize }
    }
}

extension DINOv2.Configuration {
    /// Reads a model folder's config.json.
    /// - Throws: `WeightsError` naming the key, what was found and what is supported.
    package init(contentsOf folder: URL) throws(WeightsError) {
        try self.init(ConfigurationReader(contentsOf: folder.appending(path: "config.json")))
    }

    package init(_ reader: ConfigurationReader) throws(WeightsError) {
        let types = ["dinov2", "dinov2_with_registers"]
        let type = try reader.oneOf("model_type", default: "dinov2", types)
        hasAntialias = type != "dinov2"
        imageSize = try reader.side("image_size", default: 224)
        patchSize = try reader.side("patch_size", default: hasAntialias ? 16 : 14)
        attentionBias = try reader.bool("qkv_bias", default: true)
        isGated = try reader.bool("use_swiglu_ffn", default: false)
        registers =
            hasAntialias ? try reader.int("num_register_tokens", default: 4, in: 0...1024) : 0
        layers = try ViT.LayerSizes(
            reader,
            defaults: .init(
                channels: 768, layers: 12, heads: 12, hidden: 3072, activation: .gelu, epsilon: 1e-6),
            activation: "gelu", epsilon: 1e-6)
        let hidden = layers.channels * (try reader.int("mlp_ratio", default: 4, in: 1...64))
        // As transformers rounds it: two thirds of the width, up to a multiple of 8.
        layers.hidden = isGated ? (hidden * 2 / 3 + 7) / 8 * 8 : hidden
        _ = try reader.int("num_channels", default: 3, in: 3...3)
        if grid < 1 { throw reader.unsupported("image_size", "at least patch_size, \(patchSize)") }
    }
}
