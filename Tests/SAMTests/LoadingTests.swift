import Foundation
import SAM
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct LoadingTests {
    /// A copy of the tiny model that may be damaged.
    private func withCopy(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sam-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: SAMGolden.all[0].folder, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func replace(_ old: String, _ new: String, in file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacingOccurrences(of: old, with: new).write(to: file, atomically: true, encoding: .utf8)
    }

    /// Rewrites the tiny model's tensors.
    private func rewrite(_ folder: URL, _ change: (inout [(String, Tensor)]) -> Void) throws {
        let url = folder.appending(path: "model.safetensors")
        let file = try Safetensors(contentsOf: url)
        var tensors = try file.entries.map { ($0.name, try file.tensor($0)) }
        change(&tensors)
        try Safetensors.write(tensors, metadata: [:], to: url)
    }

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
        try withCopy { folder in
            try replace(old, new, in: folder.appending(path: "config.json"))
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("an absent key takes transformers' default")
    func defaults() throws {
        let configuration = try SAM.Configuration(ConfigurationReader([:], file: "config.json"))
        #expect(configuration.imageEncoder.grid == 64 && configuration.imageEncoder.hidden == 3072)
        #expect(
            configuration.imageEncoder.globalLayers == [2, 5, 8, 11]
                && configuration.maskDecoder.hidden == 2048)
    }

    @Test(
        "a preprocessor's size may be written in every published way",
        arguments: ["56", "[56, 56]", "{\"height\": 56, \"width\": 56}", "{\"longest_edge\": 56}"])
    func sizes(text: String) throws {
        try withCopy { folder in
            let file = folder.appending(path: "preprocessor_config.json")
            try "{\"size\": \(text), \"image_mean\": 0.5, \"image_std\": [0.5, 0.5, 0.5]}".write(
                to: file, atomically: true, encoding: .utf8)
            let sam = try SAM(contentsOf: folder, precision: .float32)
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
        try withCopy { folder in
            let file = folder.appending(path: "preprocessor_config.json")
            try replace(old, new, in: file)
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("a missing, an extra and a wrong-shaped tensor are each named")
    func tensors() throws {
        try withCopy { folder in
            let key = "vision_encoder.layers.1.attn.qkv.weight"
            try rewrite(folder) { $0.removeAll { $0.0 == key } }
            #expect(throws: WeightsError.missing(model: folder.lastPathComponent, tensor: key)) {
                try SAM(contentsOf: folder, precision: .float32)
            }
        }
        try withCopy { folder in
            try rewrite(folder) { $0.append(("vision_encoder.layers.3.attn.qkv.weight", .zeros([2]))) }
            let unread = WeightsError.unread(
                model: folder.lastPathComponent, tensors: ["vision_encoder.layers.3.attn.qkv.weight"])
            #expect(throws: unread) { try SAM(contentsOf: folder, precision: .float32) }
        }
        try withCopy { folder in
            try replace("\"mlp_dim\": 24", "\"mlp_dim\": 25", in: folder.appending(path: "config.json"))
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: folder, precision: .float32)
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
        try withCopy { folder in
            try rewrite(folder) { tensors in
                guard let i = tensors.firstIndex(where: { $0.0 == first }) else { return }
                tensors[i].0 = second
            }
            _ = try SAM(contentsOf: folder, precision: .float32)
            try rewrite(folder) { tensors in
                tensors += tensors.filter { $0.0 == second }.map { (first, $0.1) }
            }
            _ = try SAM(contentsOf: folder, precision: .float32)
            try rewrite(folder) { tensors in
                guard let i = tensors.firstIndex(where: { $0.0 == first }) else { return }
                tensors[i].1 = tensors[i].1 + 1e-3
            }
            #expect(throws: SAMError.positionalMatrices(model: folder.lastPathComponent)) {
                try SAM(contentsOf: folder, precision: .float32)
            }
        }
    }
}
