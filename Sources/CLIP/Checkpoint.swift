package import SpanielJSON
package import Tensor

/// The checkpoints that CLIP's authors published (`ViT-B-32.pt`, an archive of TorchScript, or its state
/// dict), translated to the hub's names and configuration.
package enum CLIPCheckpoint {
    /// Translates a checkpoint.
    /// - Returns: nil if its names are not CLIP's.
    /// - Throws: `WeightsError` if they are, but a size is missing, or the image encoder is a ResNet.
    package static func layout(_ weights: Weights) throws(WeightsError) -> HubLayout? {
        guard weights.contains("text_projection"), weights.contains("token_embedding.weight") else {
            return nil
        }
        guard weights.contains("visual.proj") else {
            throw .checkpoint(
                file: weights.modelName, expected: "a CLIP whose image encoder is a ViT",
                found: "a ResNet, which is not computed (take ViT-B/32, ViT-B/16 or ViT-L/14)")
        }
        // OpenAI's archives say their sizes; without them it may be an open_clip model, which uses plain GELU.
        let isOpenAI = weights.contains("input_resolution")
        let notes =
            isOpenAI
            ? []
            : [
                "the file does not say which activation it was trained with; OpenAI's QuickGELU was assumed "
                    + "(for an open_clip model, set hidden_act to \"gelu\" twice in config.json)"
            ]
        let side = try imageSize(weights)
        let mean: JSON = [0.48145466, 0.4578275, 0.40821073]
        let deviation: JSON = [0.26862954, 0.26130258, 0.27577711]
        let square: JSON = ["height": JSON(side), "width": JSON(side)]
        return HubLayout(
            configuration: try configuration(weights, modelType: "clip"),
            preprocessor: [
                "do_resize": true, "do_center_crop": true, "do_rescale": true, "do_normalize": true,
                "resample": 3, "size": ["shortest_edge": JSON(side)], "crop_size": square,
                "image_mean": mean, "image_std": deviation,
            ], weights: try renamed(weights), notes: notes)
    }

    /// The side of the input for which the positions were trained.
    package static func imageSize(_ weights: Weights) throws(WeightsError) -> Int {
        let cells = try weights.sizes("visual.positional_embedding", axes: 2)[0] - 1
        let grid = Int(Double(cells).squareRoot().rounded())
        guard grid > 0, grid * grid == cells else {
            throw .checkpoint(
                file: weights.modelName, expected: "positions for a square of patches and the class token",
                found: "\(cells + 1)")
        }
        return grid * (try weights.sizes("visual.conv1.weight", axes: 4)[2])
    }

    /// What config.json says.
    package static func configuration(_ weights: Weights, modelType: String) throws(WeightsError)
        -> JSON.Object
    {
        let patches = try weights.sizes("visual.conv1.weight", axes: 4)
        let words = try weights.sizes("token_embedding.weight", axes: 2)
        func layers(_ place: String, _ channels: Int) throws(WeightsError) -> JSON {
            let hidden = try weights.sizes("\(place).resblocks.0.mlp.c_fc.weight", axes: 2)[0]
            return [
                "hidden_size": JSON(channels), "intermediate_size": JSON(hidden),
                "num_hidden_layers": JSON(weights.count("\(place).resblocks")),
                // Every head is 64 wide, in the authors' code too.
                "num_attention_heads": JSON(max(channels / 64, 1)), "hidden_act": "quick_gelu",
            ]
        }
        var vision = try layers("visual.transformer", patches[0])
        vision["model_type"] = JSON("\(modelType)_vision_model")
        vision["image_size"] = JSON(try imageSize(weights))
        vision["patch_size"] = JSON(patches[2])
        var text = try layers("transformer", words[1])
        text["model_type"] = JSON("\(modelType)_text_model")
        text["vocab_size"] = JSON(words[0])
        text["max_position_embeddings"] = JSON(try weights.sizes("positional_embedding", axes: 2)[0])
        text["bos_token_id"] = JSON(max(words[0] - 2, 0))
        // The end of a text is the last of the vocabulary: the authors look for the largest number.
        text["eos_token_id"] = JSON(words[0] - 1)
        let projection = JSON(try weights.sizes("text_projection", axes: 2)[1])
        text["projection_dim"] = projection
        vision["projection_dim"] = projection
        return [
            "model_type": JSON(modelType), "projection_dim": projection, "vision_config": vision,
            "text_config": text,
        ]
    }

    /// Gives the weights the hub's names: queries, keys and values apart, projections the other way round.
    package static func renamed(_ weights: Weights) throws(WeightsError) -> Weights {
        let parts = ["q_proj", "k_proj", "v_proj"]
        let table = [
            ("visual.class_embedding", "vision_model.embeddings.class_embedding"),
            ("visual.conv1", "vision_model.embeddings.patch_embedding"),
            ("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
            ("visual.ln_pre", "vision_model.pre_layrnorm"), ("visual.ln_post", "vision_model.post_layernorm"),
            ("visual.proj", "visual_projection.weight"),
            ("token_embedding", "text_model.embeddings.token_embedding"),
            ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
            ("ln_final", "text_model.final_layer_norm"), ("text_projection", "text_projection.weight"),
        ]
        let layer = [
            ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"),
            ("mlp.c_proj", "mlp.fc2"), ("attn", "self_attn"),
        ]
        let places = [("visual.transformer", "vision_model"), ("transformer", "text_model")]
        let layers = places.flatMap { from, to in
            layer.map { ("\(from).resblocks.*.\($0.0)", "\(to).encoder.layers.*.\($0.1)") }
        }
        return try weights.without(["input_resolution", "context_length", "vocab_size", "attn_mask"])
            .transposing(["visual.proj", "text_projection"])
            .cutting("in_proj_weight", into: parts.map { "\($0).weight" })
            .cutting("in_proj_bias", into: parts.map { "\($0).bias" })
            .renamed(by: (table + layers).map { (from: $0.0, to: $0.1) })
    }
}
