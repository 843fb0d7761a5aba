import SpanielJSON
import Tensor

extension SAMCheckpoint {
    /// SAM base, large and huge, and its relatives with the same names (`sam_vit_b_01ec64.pth`).
    static func original(_ weights: Weights) throws(WeightsError) -> HubLayout {
        let encoder = weights["image_encoder"]
        let patches = try encoder.sizes("patch_embed.proj.weight", axes: 4)
        let (channels, patch) = (patches[0], patches[2])
        let grid = try encoder.sizes("pos_embed", axes: 4)[1]
        let layers = encoder.count("blocks")
        // The tables of relative positions tell the heads' width, and by their length windows from the grid.
        var positions: [[Int]] = []
        for i in 0..<layers { positions.append(try encoder.sizes("blocks.\(i).attn.rel_pos_h", axes: 2)) }
        let isGlobal = positions.map { $0[0] == 2 * grid - 1 }
        let window = positions.map(\.[0]).first { $0 != 2 * grid - 1 }.map { ($0 + 1) / 2 }
        let features = try weights.sizes(
            "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix", axes: 2)
        let output = try encoder.sizes("neck.0.weight", axes: 4)[0]
        let size = JSON(grid * patch)
        let configuration: JSON.Object = [
            "model_type": "sam",
            "vision_config": [
                "model_type": "sam_vision_model",
                "hidden_size": JSON(channels), "num_hidden_layers": JSON(layers),
                "num_attention_heads": JSON(channels / (positions.first?[1] ?? channels)),
                "mlp_dim": JSON(try encoder.sizes("blocks.0.mlp.lin1.weight", axes: 2)[0]),
                "image_size": size, "patch_size": JSON(patch), "output_channels": JSON(output),
                "num_pos_feats": JSON(features[1]), "window_size": JSON(window ?? 0),
                "global_attn_indexes": JSON(isGlobal.indices.filter { isGlobal[$0] }.map { JSON($0) }),
            ],
            "prompt_encoder_config": [
                "hidden_size": JSON(2 * features[1]), "image_size": size, "patch_size": JSON(patch),
                "image_embedding_size": JSON(grid),
                "mask_input_channels": JSON(
                    try weights.sizes("prompt_encoder.mask_downscaling.3.weight", axes: 4)[0]),
            ],
            "mask_decoder_config": try decoderConfiguration(weights, "mask_decoder", mlp: "mlp.lin1"),
        ]
        let table: Table =
            neck + [
                ("image_encoder.patch_embed.proj", "vision_encoder.patch_embed.projection"),
                ("image_encoder.blocks.*.norm1", "vision_encoder.layers.*.layer_norm1"),
                ("image_encoder.blocks.*.norm2", "vision_encoder.layers.*.layer_norm2"),
                ("image_encoder.blocks", "vision_encoder.layers"), ("image_encoder", "vision_encoder"),
            ] + prompting(weights)
        return HubLayout(
            configuration: configuration, preprocessor: padding(to: grid * patch),
            weights: try weights.without(buffers).renamed(by: table))
    }

    /// MobileSAM (`mobile_sam.pt`): SAM's neck, prompt encoder and mask decoder; the rest of the encoder is a
    /// TinyViT, whose names stay. Its head for classification is left out.
    static func mobile(_ weights: Weights) throws(WeightsError) -> HubLayout {
        let left = weights.without(buffers + ["image_encoder.norm_head.*", "image_encoder.head.*"])
        let configuration: JSON.Object = [
            "model_type": "mobile_sam",
            "vision_config": [
                "model_type": "tiny_vit", "image_size": 1024, "embed_dims": [64, 128, 160, 320],
                "depths": [2, 2, 6, 2], "num_heads": [2, 4, 5, 10], "window_sizes": [7, 7, 14, 7],
                "mlp_ratio": 4.0, "local_conv_size": 3, "output_channels": 256,
            ],
            "prompt_encoder_config": [:], "mask_decoder_config": [:],
        ]
        return HubLayout(
            configuration: configuration, preprocessor: padding(to: 1024),
            weights: try left.renamed(
                by: neck + [("image_encoder", "vision_encoder")] + prompting(weights)))
    }

    private static let neck: Table = [
        ("image_encoder.neck.0", "vision_encoder.neck.conv1"),
        ("image_encoder.neck.1", "vision_encoder.neck.layer_norm1"),
        ("image_encoder.neck.2", "vision_encoder.neck.conv2"),
        ("image_encoder.neck.3", "vision_encoder.neck.layer_norm2"),
    ]

    /// The names of prompt encoder and mask decoder; the hub's files have the matrix of positions once.
    private static func prompting(_ weights: Weights) -> Table {
        [
            (
                "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
                "shared_image_embedding.positional_embedding"
            )
        ] + promptEncoder(from: "prompt_encoder", to: "prompt_encoder")
            + maskDecoder(from: "mask_decoder", to: "mask_decoder")
            + mlp(
                "mask_decoder.iou_prediction_head",
                layers: weights.count("mask_decoder.iou_prediction_head.layers"))
    }
}
