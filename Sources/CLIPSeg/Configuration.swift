package import SpanielPlatform
package import Tensor

extension CLIPSeg {
    /// The sizes of a model, from its config.json; a key that is absent takes transformers' default.
    package struct Configuration: Sendable, Equatable {
        package var clip: CLIP.Configuration
        /// The layers of the image encoder, from 0 and ascending, whose tokens the decoder reads.
        package var taps: [Int]
        /// The number of channels of the decoder.
        package var channels: Int
        package var heads: Int
        /// The inner width of the decoder's MLPs.
        package var hidden: Int
        /// The layer of the decoder before which the prompt enters; layer 0 reads the deepest tap.
        package var conditionalLayer: Int
        /// Whether the upsampler is the finer one, with three convolutions.
        package var isRefined: Bool
    }
}

extension CLIPSeg.Configuration {
    /// Reads a model folder's config.json.
    /// - Throws: `WeightsError` naming the key, what was found and what is supported.
    package init(contentsOf folder: URL) throws(WeightsError) {
        try self.init(ConfigurationReader(contentsOf: folder.appending(path: "config.json")))
    }

    /// Reads every key but `decoder_hidden_act`: whatever it says, the published code and transformers apply
    /// ReLU.
    package init(_ reader: ConfigurationReader) throws(WeightsError) {
        _ = try reader.oneOf("model_type", default: "clipseg", ["clipseg"])
        clip = try CLIP.Configuration(reader)
        taps = try reader.ints("extract_layers", default: [3, 6, 9], in: 0...1023)
        channels = try reader.int("reduce_dim", default: 64, in: 1...65536)
        heads = try reader.int("decoder_num_attention_heads", default: 4, in: 1...1024)
        hidden = try reader.int("decoder_intermediate_size", default: 2048, in: 1...1 << 20)
        conditionalLayer = try reader.int("conditional_layer", default: 0, in: 0...1023)
        isRefined = try reader.bool("use_complex_transposed_convolution", default: false)
        let layers = clip.image.layers.layers
        guard let deepest = taps.last, deepest < layers, zip(taps, taps.dropFirst()).allSatisfy(<) else {
            throw reader.unsupported(
                "extract_layers", "ascending numbers of layers from 0, below num_hidden_layers, \(layers)")
        }
        if conditionalLayer >= taps.count {
            throw reader.unsupported("conditional_layer", "a number below \(taps.count), the taps")
        }
        if channels % heads != 0 {
            throw reader.unsupported("reduce_dim", "a multiple of decoder_num_attention_heads, \(heads)")
        }
        if isRefined && (channels < 2 || clip.image.patchSize < 4) {
            throw reader.unsupported(
                "use_complex_transposed_convolution",
                "false for patches below 4 pixels or a single channel (reduce_dim)")
        }
    }
}
