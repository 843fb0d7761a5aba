import Foundation
import SAM
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct LoadingTests {
    @Test(
        "a configuration value we do not support is refused by name",
        arguments: [
            ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"swish\"", "hidden_act"),
            ("\"patch_size\": 8", "\"patch_size\": 9", "image_size"),
            ("\"model_type\": \"sam\"", "\"model_type\": \"clip\"", "model_type"),
            ("\"hidden_size\": 12", "\"hidden_size\": 13", "hidden_size"),
            ("\"num_attention_heads\": 2", "\"num_attention_heads\": 0", "num_attention_heads"),
            ("\"num_hidden_layers\": 3", "\"num_hidden_layers\": -3", "num_hidden_layers"),
            ("\"window_size\": 3", "\"window_size\": \"three\"", "window_size"),
            ("\"num_pos_feats\": 8", "\"num_pos_feats\": 9", "num_pos_feats"),
            ("\"image_embedding_size\": 7", "\"image_embedding_size\": 8", "image_embedding_size"),
            ("\"num_multimask_outputs\": 3", "\"num_multimask_outputs\": 1e9", "num_multimask_outputs"),
            ("\"layer_norm_eps\": 1e-06", "\"layer_norm_eps\": -1", "layer_norm_eps"),
            ("\"num_channels\": 3", "\"num_channels\": 4", "num_channels"),
        ])
    func configurationValues(old: String, new: String, key: String) throws {
        try ModelCopy.with(SAMGolden.all[0].folder) { copy in
            try copy.replace(old, with: new, in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("an absent key takes transformers' default")
    func defaults() throws {
        let configuration = try SAM.Configuration(ConfigurationReader([:], file: "config.json"))
        guard case .vitDet(let encoder) = configuration.imageEncoder else {
            Issue.record("\(configuration.imageEncoder)")
            return
        }
        #expect(encoder.grid == 64 && encoder.hidden == 3072)
        #expect(encoder.globalLayers == [2, 5, 8, 11] && configuration.maskDecoder.hidden == 2048)
    }

    @Test(
        "a preprocessor's size may be written in every published way",
        arguments: ["56", "[56, 56]", "{\"height\": 56, \"width\": 56}", "{\"longest_edge\": 56}"])
    func sizes(text: String) throws {
        try ModelCopy.with(SAMGolden.all[0].folder) { copy in
            try copy.write(
                "preprocessor_config.json",
                "{\"size\": \(text), \"image_mean\": 0.5, \"image_std\": [0.5, 0.5, 0.5]}")
            let sam = try SAM(contentsOf: copy.folder, precision: .float32)
            let (pixels, _) = sam.preprocessing(Picture(rgb: [255, 0, 51], width: 1, height: 1))
            expectClose(
                pixels.reshaped([56 * 56, 3])[leading: 0], Tensor([1, -1, -0.6], [3]), "pixel",
                tolerance: 1e-6)
        }
    }

    @Test(
        "a preprocessor that the model cannot follow is refused by name",
        arguments: [
            ("\"longest_edge\": 56", "\"longest_edge\": 57", "size"),
            ("\"longest_edge\": 56", "\"shortest_edge\": 56", "size"),
            ("\"resample\": 2", "\"resample\": 5", "resample"),
            ("\"do_pad\": true", "\"do_pad\": false", "do_pad"),
            ("\"do_resize\": true", "\"do_resize\": false", "do_resize"),
        ])
    func preprocessor(old: String, new: String, key: String) throws {
        try ModelCopy.with(SAMGolden.all[0].folder) { copy in
            try copy.replace(old, with: new, in: "preprocessor_config.json")
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("a missing, an extra and a wrong-shaped tensor are each named")
    func tensors() throws {
        try ModelCopy.with(SAMGolden.all[0].folder) { copy in
            let key = "vision_encoder.layers.1.attn.qkv.weight"
            try copy.rewrite { $0.removeAll { $0.0 == key } }
            #expect(throws: WeightsError.missing(model: copy.name, tensor: key)) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
        }
        try ModelCopy.with(SAMGolden.all[0].folder) { copy in
            try copy.rewrite { $0.append(("vision_encoder.layers.3.attn.qkv.weight", .zeros([2]))) }
            let unread = WeightsError.unread(
                model: copy.name, tensors: ["vision_encoder.layers.3.attn.qkv.weight"])
            #expect(throws: unread) { try SAM(contentsOf: copy.folder, precision: .float32) }
        }
        try ModelCopy.with(SAMGolden.all[0].folder) { copy in
            try copy.replace("\"mlp_dim\": 24", with: "\"mlp_dim\": 25", in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
            #expect(error?.code == "weights.shape" && error?.description.contains("lin1.weight") == true)
        }
    }

    @Test("the positional matrix may have either name, or both when they agree")
    func positionalMatrix() throws {
        let (first, second) = (
            "shared_image_embedding.positional_embedding",
            "prompt_encoder.shared_embedding.positional_embedding"
        )
        try ModelCopy.with(SAMGolden.all[0].folder) { copy in
            try copy.rewrite { tensors in
                guard let i = tensors.firstIndex(where: { $0.0 == first }) else { return }
                tensors[i].0 = second
            }
            _ = try SAM(contentsOf: copy.folder, precision: .float32)
            try copy.rewrite { tensors in
                tensors += tensors.filter { $0.0 == second }.map { (first, $0.1) }
            }
            _ = try SAM(contentsOf: copy.folder, precision: .float32)
            try copy.rewrite { tensors in
                guard let i = tensors.firstIndex(where: { $0.0 == first }) else { return }
                tensors[i].1 = tensors[i].1 + 1e-3
            }
            #expect(throws: SAMError.positionalMatrices(model: copy.name)) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
        }
    }
}
