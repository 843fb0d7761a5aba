extension ViT {
    /// The names that a file gives to the parts of one layer, relative to the layer.
    package struct LayerNames: Sendable {
        package var queries: String
        package var keys: String
        package var values: String
        package var output: String
        package var norm1: String
        package var norm2: String
        package var first: String
        package var second: String

        /// The names in files of CLIP and of models built on it.
        package static let clip = LayerNames(
            queries: "self_attn.q_proj", keys: "self_attn.k_proj", values: "self_attn.v_proj",
            output: "self_attn.out_proj",
            norm1: "layer_norm1", norm2: "layer_norm2", first: "mlp.fc1", second: "mlp.fc2")
        /// The names in files of the hub's classifiers.
        package static let hub = LayerNames(
            queries: "attention.attention.query", keys: "attention.attention.key",
            values: "attention.attention.value",
            output: "attention.output.dense", norm1: "layernorm_before", norm2: "layernorm_after",
            first: "intermediate.dense",
            second: "output.dense")
        /// The names that transformers has used since version 5.
        package static let transformers = LayerNames(
            queries: "attention.q_proj", keys: "attention.k_proj", values: "attention.v_proj",
            output: "attention.o_proj",
            norm1: "layernorm_before", norm2: "layernorm_after", first: "mlp.fc1", second: "mlp.fc2")
    }
}
