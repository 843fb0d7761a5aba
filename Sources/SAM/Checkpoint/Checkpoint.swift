import SpanielJSON
package import Tensor

/// The checkpoints that the authors of SAM, MobileSAM and SAM 2 published, translated to the hub's names and
/// configuration.
package enum SAMCheckpoint {
    /// Translates a checkpoint.
    /// - Returns: nil if its names are of none of these models.
    /// - Throws: `WeightsError` if they are, but sizes are missing or of no published kind.
    package static func layout(_ weights: Weights) throws(WeightsError) -> HubLayout? {
        if weights.contains("image_encoder.trunk.patch_embed.proj.weight") { return try sam2(weights) }
        if weights.contains("image_encoder.patch_embed.seq.0.c.weight") { return try mobile(weights) }
        if weights.contains("image_encoder.patch_embed.proj.weight") { return try original(weights) }
        return nil
    }

    /// What PyTorch's models keep beside their weights, and the preprocessing's constants.
    static let buffers = ["pixel_mean", "pixel_std", "*.num_batches_tracked", "*.attention_bias_idxs"]

    static let imageNet: JSON.Object = [
        "do_resize": true, "do_rescale": true, "do_normalize": true, "resample": 2,
        "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
    ]

    static func padding(to side: Int) -> JSON.Object {
        var preprocessor = imageNet
        preprocessor["do_pad"] = true
        preprocessor["size"] = ["longest_edge": JSON(side)]
        preprocessor["pad_size"] = ["height": JSON(side), "width": JSON(side)]
        return preprocessor
    }

    typealias Table = [(from: String, to: String)]

    /// The names of the prompt encoder, from the authors' to the hub's.
    static func promptEncoder(from: String, to: String) -> Table {
        [
            ("pe_layer.positional_encoding_gaussian_matrix", "shared_embedding.positional_embedding"),
            ("point_embeddings", "point_embed"),
            ("mask_downscaling.0", "mask_embed.conv1"), ("mask_downscaling.1", "mask_embed.layer_norm1"),
            ("mask_downscaling.3", "mask_embed.conv2"), ("mask_downscaling.4", "mask_embed.layer_norm2"),
            ("mask_downscaling.6", "mask_embed.conv3"),
        ].map { ("\(from).\($0.0)", "\(to).\($0.1)") }
    }

    /// The names of the mask decoder.
    static func maskDecoder(from: String, to: String) -> Table {
        let parts: Table =
            [
                ("output_upscaling.0", "upscale_conv1"), ("output_upscaling.1", "upscale_layer_norm"),
                ("output_upscaling.3", "upscale_conv2"),
                ("transformer.norm_final_attn", "transformer.layer_norm_final_attn"),
            ] + (1...4).map { ("transformer.layers.*.norm\($0)", "transformer.layers.*.layer_norm\($0)") }
            + mlp("output_hypernetworks_mlps.*")
        return parts.map { ("\(from).\($0.from)", "\(to).\($0.to)") }
    }

    /// The names of an MLP's layers, the first and the last of which the hub calls otherwise.
    static func mlp(_ place: String, layers: Int = 3) -> Table {
        (0..<layers).map { i in
            let name = i == 0 ? "proj_in" : i == layers - 1 ? "proj_out" : "layers.\(i - 1)"
            return ("\(place).layers.\(i)", "\(place).\(name)")
        }
    }

    /// What config.json says of the mask decoder.
    static func decoderConfiguration(_ weights: Weights, _ place: String, mlp: String) throws(WeightsError)
        -> JSON
    {
        let decoder = weights[place]
        let masks = try decoder.sizes("mask_tokens.weight", axes: 2)
        let head = try decoder.sizes("iou_prediction_head.layers.0.weight", axes: 2)
        let cross = try decoder.sizes(
            "transformer.layers.0.cross_attn_token_to_image.q_proj.weight", axes: 2)
        return [
            "hidden_size": JSON(masks[1]), "num_multimask_outputs": JSON(masks[0] - 1),
            "num_hidden_layers": JSON(decoder.count("transformer.layers")),
            // Every published decoder has eight heads, which no shape says.
            "num_attention_heads": 8,
            "mlp_dim": JSON(try decoder.sizes("transformer.layers.0.\(mlp).weight", axes: 2)[0]),
            "attention_downsample_rate": JSON(max(cross[1] / cross[0], 1)),
            "iou_head_depth": JSON(decoder.count("iou_prediction_head.layers")),
            "iou_head_hidden_dim": JSON(head[0]),
        ]
    }
}
