import SpanielJSON
import Tensor

extension SAMCheckpoint {
    /// SAM 2 and 2.1 for pictures (`sam2.1_hiera_tiny.pt`); what only video needs is left out.
    static func sam2(_ weights: Weights) throws(WeightsError) -> HubLayout {
        let size = try Hiera(weights)
        let points = (0..<4).map { "sam_prompt_encoder.point_embeddings.\($0).weight" }
        let stacked = try weights.without(buffers + video)
            .stacking(points, as: "sam_prompt_encoder.point_embed.weight")
        var preprocessor = imageNet
        preprocessor["size"] = ["height": 1024, "width": 1024]
        return HubLayout(
            configuration: [
                "model_type": "sam2",
                "vision_config": [
                    "model_type": "sam2_vision_model", "backbone_config": size.configuration,
                    "backbone_channel_list": JSON(size.channels.reversed().map { JSON($0) }),
                    "fpn_hidden_size": JSON(
                        try weights.sizes("image_encoder.neck.convs.0.conv.weight", axes: 4)[0]),
                ],
                "prompt_encoder_config": [
                    "model_type": "sam2_prompt_encoder",
                    "hidden_size": JSON(
                        try weights.sizes("sam_prompt_encoder.no_mask_embed.weight", axes: 2)[1]),
                    "mask_input_channels": JSON(
                        try weights.sizes("sam_prompt_encoder.mask_downscaling.3.weight", axes: 4)[0]),
                ],
                "mask_decoder_config": try decoderConfiguration(
                    weights, "sam_mask_decoder", mlp: "mlp.layers.0"),
            ], preprocessor: preprocessor,
            weights: try stacked.renamed(by: sam2Names).copying(  // transformers needs both
                "shared_image_embedding.positional_embedding",
                as: "prompt_encoder.shared_embedding.positional_embedding"))
    }

    /// What follows objects through a video: memory, pointers, and the embeddings of time.
    private static let video = [
        "memory_attention.*", "memory_encoder.*", "maskmem_tpos_enc", "no_mem_pos_enc", "no_obj_ptr",
        "no_obj_embed_spatial", "obj_ptr_proj.*", "obj_ptr_tpos_proj.*", "mask_downsample.*",
    ]

    private static let sam2Names: Table = {
        let (trunk, backbone) = ("image_encoder.trunk", "vision_encoder.backbone")
        let decoder = "sam_mask_decoder.transformer"
        let encoder: Table = [
            ("\(trunk).patch_embed.proj", "\(backbone).patch_embed.projection"),
            ("\(trunk).blocks.*.norm1", "\(backbone).blocks.*.layer_norm1"),
            ("\(trunk).blocks.*.norm2", "\(backbone).blocks.*.layer_norm2"),
            ("\(trunk).blocks.*.mlp.layers.0", "\(backbone).blocks.*.mlp.proj_in"),
            ("\(trunk).blocks.*.mlp.layers.1", "\(backbone).blocks.*.mlp.proj_out"),
            (trunk, backbone),
            ("image_encoder.neck.convs.*.conv", "vision_encoder.neck.convs.*"),
            ("no_mem_embed", "no_memory_embedding"),
        ]
        let prompts: Table =
            [
                (
                    "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
                    "shared_image_embedding.positional_embedding"
                )
            ] + promptEncoder(from: "sam_prompt_encoder", to: "prompt_encoder")
            + [("sam_prompt_encoder", "prompt_encoder")]
        let masks: Table =
            [
                ("\(decoder).layers.*.*.out_proj", "mask_decoder.transformer.layers.*.*.o_proj"),
                ("\(decoder).*.out_proj", "mask_decoder.transformer.*.o_proj"),
                ("\(decoder).layers.*.mlp.layers.0", "mask_decoder.transformer.layers.*.mlp.proj_in"),
                ("\(decoder).layers.*.mlp.layers.1", "mask_decoder.transformer.layers.*.mlp.proj_out"),
            ] + maskDecoder(from: "sam_mask_decoder", to: "mask_decoder")
            + ["iou_prediction_head", "pred_obj_score_head"].flatMap { head in
                mlp(head).map { ("sam_mask_decoder.\($0.from)", "mask_decoder.\($0.to)") }
            } + [("sam_mask_decoder", "mask_decoder")]
        return encoder + prompts + masks
    }()
}

/// The sizes of a Hiera encoder. Windows, heads and the blocks that attend to the whole grid stand in no
/// shape; they are known for the four published sizes (the `sam2.1_hiera_*.yaml` of the authors).
private struct Hiera {
    let channels: [Int]
    private let blocks: [Int]
    private let known: (heads: Int, windows: [Int], global: [Int])
    private let background: [Int]

    init(_ weights: Weights) throws(WeightsError) {
        let trunk = weights["image_encoder.trunk"]
        var widths: [Int] = []
        for i in 0..<trunk.count("blocks") {
            widths.append(try trunk.sizes("blocks.\(i).attn.proj.weight", axes: 2)[0])
        }
        // A stage begins where the width doubles.
        channels = widths.indices.filter { $0 == 0 || widths[$0] != widths[$0 - 1] }.map { widths[$0] }
        blocks = channels.map { width in widths.count { $0 == width } }
        background = Array(try trunk.sizes("pos_embed", axes: 4).suffix(2))
        switch (channels.first, blocks) {
        case (96, [1, 2, 7, 2]): known = (1, [8, 4, 14, 7], [5, 7, 9])
        case (96, [1, 2, 11, 2]): known = (1, [8, 4, 14, 7], [7, 10, 13])
        case (112, [2, 3, 16, 3]): known = (2, [8, 4, 14, 7], [12, 16, 20])
        case (144, [2, 6, 36, 4]): known = (2, [8, 4, 16, 8], [23, 33, 43])
        default:
            throw .checkpoint(
                file: weights.modelName, expected: "SAM 2's tiny, small, base-plus or large",
                found: "stages of \(blocks) blocks, \(channels) channels wide")
        }
    }

    var configuration: JSON {
        func list(_ numbers: [Int]) -> JSON { JSON(numbers.map { JSON($0) }) }
        return [
            "model_type": "sam2_hiera_det_model", "image_size": [1024, 1024],
            "hidden_size": JSON(channels[0]), "num_attention_heads": JSON(known.heads),
            "blocks_per_stage": list(blocks), "embed_dim_per_stage": list(channels),
            "num_attention_heads_per_stage": list(channels.indices.map { known.heads << $0 }),
            "window_size_per_stage": list(known.windows), "global_attention_blocks": list(known.global),
            "window_positional_embedding_background_size": list(background),
        ]
    }
}
