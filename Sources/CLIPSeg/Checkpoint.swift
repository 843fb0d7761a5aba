import CLIP
import SpanielJSON
package import Tensor

/// The checkpoints that CLIPSeg's authors published, translated to the hub's names and configuration. They
/// hold the decoder alone (`rd64-uni-refined.pth`); CLIP ViT-B/16 belongs to them.
package enum CLIPSegCheckpoint {
    /// Translates a checkpoint.
    /// - Parameters:
    ///   - weights: the decoder, or the whole with CLIP's names behind `clip_model.`.
    ///   - clip: CLIP's own checkpoint (`ViT-B-16.pt`), for one that holds the decoder alone.
    /// - Returns: nil if its names are not CLIPSeg's.
    /// - Throws: `WeightsError` if they are, but CLIP or a size is missing.
    package static func layout(_ weights: Weights, clip: Weights? = nil) throws(WeightsError) -> HubLayout? {
        guard weights.contains("film_mul.weight"), weights.contains("reduces.0.weight") else { return nil }
        let isRefined = weights.contains("trans_conv.0.weight")
        let film = try weights.sizes("film_mul.weight", axes: 2)
        // The module's own copy of CLIP's image encoder is called `model`.
        let whole = weights.without(["model.*"])
        let inner = whole.below("clip_model")
        guard let encoders = inner.contains("visual.proj") ? inner : clip else {
            let id = isRefined ? "clipseg-rd64-refined" : film[0] == 16 ? "clipseg-rd16" : "clipseg-rd64"
            throw .checkpoint(
                file: weights.modelName, expected: "CLIPSeg's decoder and CLIP's encoders",
                found: "the decoder alone (CIDAS/\(id) on the hub holds both; CLIP's own ViT-B-16.pt has the "
                    + "encoders)")
        }
        var configuration = try CLIPCheckpoint.configuration(encoders, modelType: "clipseg")
        configuration["reduce_dim"] = JSON(film[0])
        configuration["extract_layers"] = [3, 6, 9]
        configuration["conditional_layer"] = 0
        configuration["decoder_num_attention_heads"] = 4
        configuration["decoder_intermediate_size"] = JSON(
            try weights.sizes("blocks.0.linear1.weight", axes: 2)[0])
        configuration["use_complex_transposed_convolution"] = JSON(isRefined)
        let decoder = try self.decoder(whole.without(["clip_model.*"]))
        return HubLayout(
            configuration: configuration,
            preprocessor: [
                "do_resize": true, "do_rescale": true, "do_normalize": true, "resample": 2,
                "size": ["height": 352, "width": 352], "image_mean": [0.485, 0.456, 0.406],
                "image_std": [0.229, 0.224, 0.225],
            ], weights: try decoder.joined(with: CLIPCheckpoint.renamed(encoders).under("clip")))
    }

    private static func decoder(_ weights: Weights) throws(WeightsError) -> Weights {
        let parts = ["q_proj", "k_proj", "v_proj"]
        let layer = [
            ("linear1", "mlp.fc1"), ("linear2", "mlp.fc2"), ("norm1", "layer_norm1"),
            ("norm2", "layer_norm2"), ("self_attn", "self_attn"),
        ]
        let table =
            layer.map { ("blocks.*.\($0.0)", "decoder.layers.*.\($0.1)") } + [
                ("trans_conv", "decoder.transposed_convolution"), ("film_mul", "decoder.film_mul"),
                ("film_add", "decoder.film_add"), ("reduces", "decoder.reduces"),
            ]
        // `reduce` is of the module's first version and never used.
        return try weights.without(["reduce.weight", "reduce.bias"])
            .cutting("in_proj_weight", into: parts.map { "\($0).weight" })
            .cutting("in_proj_bias", into: parts.map { "\($0).bias" })
            .renamed(by: table.map { (from: $0.0, to: $0.1) })
    }
}
