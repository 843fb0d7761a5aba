package import SpanielPlatform
package import Tensor

extension SAM {
    /// The sizes of a model, read from its config.json; an absent key takes transformers' default, which is
    /// SAM-B's.
    package struct Configuration: Sendable, Equatable {
        /// The image encoder's architecture and its sizes.
        package enum ImageEncoder: Sendable, Equatable {
            case vitDet(ViTDet)
            case tinyViT(TinyViT)
            case hiera(Hiera)
        }

        /// The sizes of SAM's own image encoder.
        package struct ViTDet: Sendable, Equatable {
            /// Side of the input, in pixels.
            package var imageSize: Int
            /// Side of a patch, in pixels.
            package var patchSize: Int
            package var channels: Int
            package var layers: Int
            package var heads: Int
            /// The inner width of the MLPs.
            package var hidden: Int
            /// Side of a window, in patches; nil: every layer attends to the whole grid.
            package var window: Int?
            /// The layers that attend to the whole grid.
            package var globalLayers: Set<Int>
            /// Channels of the embedding.
            package var outputChannels: Int
            /// Half the channels of a positional encoding.
            package var positionFeatures: Int
            package var activation: Tensor.Activation
            package var epsilon: Float
            package var attentionBias: Bool
            package var absolutePositions: Bool
            package var relativePositions: Bool

            /// Patches along a side of the input, and cells along a side of the embedding.
            package var grid: Int { imageSize / patchSize }
        }

        /// The sizes of the prompt encoder.
        package struct PromptEncoder: Sendable, Equatable {
            package var imageSize: Int
            package var channels: Int
            /// Inner channels of the mask prompt's convolutions.
            package var maskChannels: Int
            package var activation: Tensor.Activation
            package var epsilon: Float
            /// Whether it is SAM 2's, in which the token for no point follows a box and a mask alone too.
            package var isSecond = false
        }

        /// The sizes of the mask decoder.
        package struct MaskDecoder: Sendable, Equatable {
            package var channels: Int
            package var layers: Int
            package var heads: Int
            /// The inner width of the MLPs.
            package var hidden: Int
            /// The factor by which the last attention has fewer inner channels.
            package var attentionDownsampling: Int
            /// The same of the layers' attention between tokens and picture: 2 in SAM.
            package var layerDownsampling: Int
            /// The number of alternatives in a multimask answer.
            package var masks: Int
            package var scoreLayers: Int
            package var scoreHidden: Int
            package var activation: Tensor.Activation
            package var epsilon: Float
            /// What SAM 2's decoder has beside SAM's; nil for SAM.
            package var second: SecondGeneration?
        }

        package var imageEncoder: ImageEncoder
        package var promptEncoder: PromptEncoder
        package var maskDecoder: MaskDecoder
    }
}

extension SAM.Configuration {
    /// Reads a model folder's config.json.
    /// - Throws: `WeightsError` naming the key, what was found and what is supported.
    package init(contentsOf folder: URL) throws(WeightsError) {
        try self.init(ConfigurationReader(contentsOf: folder.appending(path: "config.json")))
    }

    package init(_ reader: ConfigurationReader) throws(WeightsError) {
        let type = try reader.oneOf(
            "model_type", default: "sam", ["sam", "mobile_sam", "sam2", "sam2_video"])
        if type.hasPrefix("sam2") {
            try self.init(second: reader)
        } else {
            try self.init(first: reader, isMobile: type == "mobile_sam")
        }
        // Memory and time grow with its fourth power, whatever the size of the files; published is 1024.
        if imageEncoder.imageSize > Self.largestImage {
            throw try reader.section("vision_config").unsupported(
                "image_size", "at most \(Self.largestImage)")
        }
    }

    private static let largestImage = 4096

    private init(first reader: ConfigurationReader, isMobile: Bool) throws(WeightsError) {
        let vision = try reader.section("vision_config")
        let prompt = try reader.section("prompt_encoder_config")
        let decoder = try reader.section("mask_decoder_config")
        imageEncoder = try isMobile ? .tinyViT(TinyViT(vision)) : .vitDet(ViTDet(vision))
        promptEncoder = try PromptEncoder(prompt)
        // MobileSAM keeps the authors' code, whose decoder's norms have PyTorch's epsilon.
        maskDecoder = try MaskDecoder(decoder, epsilon: isMobile ? 1e-5 : 1e-6)
        try prompt.require(
            "image_size", promptEncoder.imageSize, imageEncoder.imageSize, "the image encoder's")
        try prompt.require(
            "patch_size", prompt.side("patch_size", default: 16), imageEncoder.patchSize,
            "the image encoder's")
        try prompt.require(
            "image_embedding_size", prompt.side("image_embedding_size", default: imageEncoder.grid),
            imageEncoder.grid,
            "image size / patch size")
        try prompt.require(
            "hidden_size", promptEncoder.channels, imageEncoder.outputChannels,
            "the image encoder's output_channels")
        try decoder.require(
            "hidden_size", maskDecoder.channels, imageEncoder.outputChannels,
            "the image encoder's output_channels")
        try vision.require(
            "num_pos_feats", 2 * imageEncoder.positionFeatures, imageEncoder.outputChannels,
            "half of output_channels", times: 2)
    }
}

extension SAM.Configuration.ImageEncoder {
    /// The sizes of whichever architecture it is.
    private var sizes: any ImageEncoderSizes {
        switch self {
        case .vitDet(let sizes): sizes
        case .tinyViT(let sizes): sizes
        case .hiera(let sizes): sizes
        }
    }
    /// Side of the input, in pixels.
    package var imageSize: Int { sizes.imageSize }
    /// Side of a cell of the embedding, in pixels.
    package var patchSize: Int { sizes.patchSize }
    /// Cells along a side of the embedding.
    package var grid: Int { imageSize / patchSize }
    /// Channels of the embedding.
    package var outputChannels: Int { sizes.outputChannels }
    /// Half the channels of a positional encoding.
    package var positionFeatures: Int { sizes.positionFeatures }
    /// Whether pictures are stretched over the square input, as in SAM 2; otherwise they are padded.
    var stretchesPictures: Bool {
        if case .hiera = self { true } else { false }
    }
    /// The precision that suits such an encoder on this processor.
    var suitingPrecision: Tensor.Precision { sizes.suitingPrecision }

    /// Reads the encoder's weights from the root of a model's.
    func load(_ weights: Weights) throws -> any SAM.ImageEncoder { try sizes.load(weights) }
}

/// What the rest of the model needs to know of an image encoder's sizes.
protocol ImageEncoderSizes {
    var imageSize: Int { get }
    var patchSize: Int { get }
    var outputChannels: Int { get }
    var positionFeatures: Int { get }
    /// The channels of the widest layers.
    var channels: Int { get }
    var suitingPrecision: Tensor.Precision { get }
    func load(_ weights: Weights) throws -> any SAM.ImageEncoder
}

extension ImageEncoderSizes {
    var suitingPrecision: Tensor.Precision { .suiting(channels: channels) }
}

extension SAM.Configuration.ViTDet: ImageEncoderSizes {
    /// Masks of narrow encoders in bfloat16 overlap those of float32 by 0.999 as well (sam-nano's on the
    /// held-out set, 0.994 at least; SlimSAM-77's shape at random), so time decides: 64 × 64 patches take 0.6
    /// of float32's, a quarter of a second less; sam-nano's 24 × 24 would save a few milliseconds, and so it
    /// computes the same everywhere.
    var suitingPrecision: Tensor.Precision { attendsLong ? .fastest : .suiting(channels: channels) }

    /// Whether attention takes so long that its precision is worth a choice.
    var attendsLong: Bool { grid >= 64 }

    func load(_ weights: Weights) throws -> any SAM.ImageEncoder {
        try SAM.ViTDet(weights["vision_encoder"], self)
    }
}

extension SAM.Configuration.ViTDet {
    fileprivate init(_ reader: ConfigurationReader) throws(WeightsError) {
        imageSize = try reader.side("image_size", default: 1024)
        patchSize = try reader.side("patch_size", default: 16)
        channels = try reader.int("hidden_size", default: 768, in: 1...65536)
        layers = try reader.int("num_hidden_layers", default: 12, in: 1...1024)
        heads = try reader.int("num_attention_heads", default: 12, in: 1...1024)
        let ratio = try reader.double("mlp_ratio", default: 4, in: 0.001...1000)
        hidden = try reader.int("mlp_dim", default: Int(Double(channels) * ratio), in: 1...1 << 20)
        let side = try reader.int("window_size", default: 14, in: 0...65536)
        window = side == 0 ? nil : side
        globalLayers = Set(try reader.ints("global_attn_indexes", default: [2, 5, 8, 11]))
        outputChannels = try reader.int("output_channels", default: 256, in: 1...65536)
        positionFeatures = try reader.int("num_pos_feats", default: 128, in: 1...65536)
        activation = try reader.activation(default: "gelu")
        epsilon = try reader.epsilon(default: 1e-6)
        attentionBias = try reader.bool("qkv_bias", default: true)
        absolutePositions = try reader.bool("use_abs_pos", default: true)
        relativePositions = try reader.bool("use_rel_pos", default: true)
        _ = try reader.int("num_channels", default: 3, in: 3...3)
        try reader.require("image_size", imageSize % patchSize, 0, "a multiple of patch_size \(patchSize)")
        try reader.require("hidden_size", channels % heads, 0, "a multiple of num_attention_heads \(heads)")
        if hidden < 1 { throw reader.unsupported("mlp_ratio", "at least 1 / hidden_size") }
    }
}

extension SAM.Configuration.PromptEncoder {
    init(_ reader: ConfigurationReader) throws(WeightsError) {
        imageSize = try reader.side("image_size", default: 1024)
        channels = try reader.int("hidden_size", default: 256, in: 1...65536)
        maskChannels = try reader.int("mask_input_channels", default: 16, in: 1...65536)
        activation = try reader.activation(default: "gelu")
        epsilon = try reader.epsilon(default: 1e-6)
        _ = try reader.int("num_point_embeddings", default: 4, in: 4...4)
        try reader.require("mask_input_channels", maskChannels % 4, 0, "a multiple of 4")
    }
}

extension SAM.Configuration.MaskDecoder {
    init(
        _ reader: ConfigurationReader, isSecond: Bool = false, epsilon standard: Double = 1e-6
    ) throws(WeightsError) {
        channels = try reader.int("hidden_size", default: 256, in: 1...65536)
        layers = try reader.int("num_hidden_layers", default: 2, in: 1...1024)
        heads = try reader.int("num_attention_heads", default: 8, in: 1...1024)
        hidden = try reader.int("mlp_dim", default: 2048, in: 1...1 << 20)
        attentionDownsampling = try reader.int("attention_downsample_rate", default: 2, in: 1...1024)
        layerDownsampling = isSecond ? attentionDownsampling : 2
        masks = try reader.int("num_multimask_outputs", default: 3, in: 1...64)
        scoreLayers = try reader.int("iou_head_depth", default: 3, in: 2...64)
        scoreHidden = try reader.int("iou_head_hidden_dim", default: 256, in: 1...65536)
        activation = try reader.activation(default: "relu")
        epsilon = try reader.epsilon(default: standard)
        try reader.require("hidden_size", channels % 8, 0, "a multiple of 8")
        for rate in [layerDownsampling, attentionDownsampling] {
            try reader.require(
                "hidden_size", channels % (rate * heads), 0,
                "a multiple of \(rate) · num_attention_heads, \(rate * heads)")
        }
    }
}

extension ConfigurationReader {
    /// Throws unless a number has the value that follows from others.
    func require(
        _ key: String, _ found: Int, _ expected: Int, _ supported: String, times: Int = 1
    ) throws(WeightsError) {
        guard found != expected else { return }
        throw unsupported(key, expected == 0 ? supported : "\(expected / times), \(supported)")
    }
}
