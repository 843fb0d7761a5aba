import Tensor

extension SAM.Configuration {
    /// What SAM 2's decoder has beside SAM's (Ravi et al. 2024, arXiv:2408.00714): a token for the presence,
    /// scores between 0 and 1, fine levels of the picture, and an answer to an unstable single mask.
    package struct SecondGeneration: Sendable, Equatable {
        /// When a single mask gives way to the best of the alternatives; nil: never.
        package var fallback: Fallback?

        /// A single mask is unstable if less than `threshold` of the area above -`delta` is above `delta`.
        package struct Fallback: Sendable, Equatable {
            package var delta: Float
            package var threshold: Float

            /// - Parameter logits: of one mask, of any shape.
            func isStable(_ logits: Tensor) -> Bool {
                let values = logits.array
                let (inner, outer) = (values.count { $0 > delta }, values.count { $0 > -delta })
                return outer == 0 || Float(inner) / Float(outer) >= threshold
            }
        }

        /// The keys of the part that follows objects through a video, which published files hold too.
        static let videoKeys = [
            "mask_downsample.*", "memory_attention.*", "memory_encoder.*",
            "memory_temporal_positional_encoding", "no_memory_positional_encoding", "no_object_pointer",
            "object_pointer_proj.*", "occlusion_spatial_embedding_parameter",
            "temporal_positional_encoding_projection_layer.*",
        ]
    }

    /// Reads the config.json of a SAM 2; an absent key takes transformers' default, which is that of the tiny
    /// model.
    init(second reader: ConfigurationReader) throws(WeightsError) {
        let (prompt, decoder) = (
            try reader.section("prompt_encoder_config"), try reader.section("mask_decoder_config")
        )
        imageEncoder = try .hiera(Hiera(reader.section("vision_config")))
        promptEncoder = try PromptEncoder(prompt)
        promptEncoder.isSecond = true
        maskDecoder = try MaskDecoder(second: decoder)
        try prompt.require(
            "image_size", promptEncoder.imageSize, imageEncoder.imageSize, "the image encoder's")
        try prompt.require(
            "patch_size", prompt.side("patch_size", default: 16), imageEncoder.patchSize,
            "four times the image encoder's patch_stride")
        let channels = imageEncoder.outputChannels
        try prompt.require(
            "hidden_size", promptEncoder.channels, channels, "the image encoder's fpn_hidden_size")
        try decoder.require(
            "hidden_size", maskDecoder.channels, channels, "the image encoder's fpn_hidden_size")
    }
}

extension SAM.Configuration.MaskDecoder {
    fileprivate init(second reader: ConfigurationReader) throws(WeightsError) {
        try self.init(reader, isSecond: true)
        // transformers gives the layers' perceptrons as many layers as the decoder has, but at least two.
        _ = try reader.int("num_hidden_layers", default: 2, in: 1...2)
        // It reads neither of these from the configuration.
        (activation, epsilon) = (.relu, 1e-5)
        let falls = try reader.bool("dynamic_multimask_via_stability", default: true)
        let delta = try reader.double("dynamic_multimask_stability_delta", default: 0.05)
        let threshold = try reader.double("dynamic_multimask_stability_thresh", default: 0.98)
        second = .init(fallback: falls ? .init(delta: Float(delta), threshold: Float(threshold)) : nil)
    }

    /// What the hub's files call an attention's last projection.
    var attentionOutputName: String { second == nil ? "out_proj" : "o_proj" }
    /// What they call the layers of a layer's perceptron.
    var mlpNames: (first: String, second: String) {
        second == nil ? ("lin1", "lin2") : ("proj_in", "proj_out")
    }
}
