import CLIP
import Foundation
import SpanielTestSupport
import Tensor
import Testing

struct LoadingTests {
    /// A copy of a tiny model that may be damaged.
    private func copy(_ golden: CLIPGolden) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: golden.folder.path) {
            try FileManager.default.copyItem(at: golden.folder.appending(path: name), to: folder[name])
        }
        return folder
    }

    private func replace(_ old: String, _ new: String, in file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacingOccurrences(of: old, with: new).write(to: file, atomically: true, encoding: .utf8)
    }

    @Test(
        "a configuration value we do not support is refused by name",
        arguments: [
            ("\"model_type\": \"clip\"", "\"model_type\": \"vit\"", "model_type is \"vit\", supported: clip"),
            ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"swish\"", "vision_config.hidden_act"),
            ("\"patch_size\": 7", "\"patch_size\": 8", "image_size"),
            ("\"num_attention_heads\": 3", "\"num_attention_heads\": 5", "text_config.num_attention_heads"),
            ("\"max_position_embeddings\": 11", "\"max_position_embeddings\": 1", "max_position_embeddings"),
            ("\"projection_dim\": 20", "\"projection_dim\": 0", "projection_dim"),
        ])
    func configurationValues(old: String, new: String, words: String) throws {
        let folder = try copy(CLIPGolden.all[1])
        try replace(old, new, in: folder["config.json"])
        let error = #expect(throws: WeightsError.self) {
            try CLIP(contentsOf: folder.url, precision: .float32)
        }
        #expect(
            error?.code == "config.value" && error?.description.contains(words) == true, "\(error as Any)")
    }

    @Test("a preprocessor of another size than the model's is refused")
    func preprocessor() throws {
        let folder = try copy(CLIPGolden.all[0])
        try folder.write("preprocessor_config.json", "{\"size\": 20, \"crop_size\": 24}")
        let error = #expect(throws: WeightsError.self) {
            try CLIP(contentsOf: folder.url, precision: .float32)
        }
        #expect(error?.description.contains("crop_size is 24") == true, "\(error as Any)")
    }

    @Test("a missing tensor, and one that nobody reads, are named")
    func tensors() throws {
        let folder = try copy(CLIPGolden.all[0])
        let file = try Safetensors(contentsOf: folder["model.safetensors"])
        let tensors = try file.entries.filter { !$0.name.hasSuffix("position_ids") }.map {
            ($0.name, try file.tensor($0))
        }
        try Safetensors.write(
            tensors.filter { $0.0 != "logit_scale" }, metadata: [:], to: folder["model.safetensors"])
        let name = folder.url.lastPathComponent
        #expect(throws: WeightsError.missing(model: name, tensor: "logit_scale")) {
            try CLIP(contentsOf: folder.url, precision: .float32)
        }
        try Safetensors.write(
            tensors + [("extra", .zeros([2]))], metadata: [:], to: folder["model.safetensors"])
        #expect(throws: WeightsError.unread(model: name, tensors: ["extra"])) {
            try CLIP(contentsOf: folder.url, precision: .float32)
        }
    }

    @Test("pictures need no tokenizer; texts say which files are missing, or that they are another model's")
    func tokenizer() throws {
        let folder = try copy(CLIPGolden.all[1])
        try FileManager.default.removeItem(at: folder["tokenizer.json"])
        let clip = try CLIP(contentsOf: folder.url, precision: .float32)
        _ = try clip.encode(try CLIPGolden.all[1].steps().picture())
        #expect(
            throws: CLIPError.tokenizerMissing(
                folder: folder.url.path(percentEncoded: false), found: "neither")
        ) {
            try clip.embed(["dog"])
        }
        for name in ["vocab.json", "merges.txt"] {
            try FileManager.default.copyItem(
                at: CLIPGolden.all[0].folder.appending(path: name), to: folder[name])
        }
        let error = CLIPError.vocabulary(model: folder.url.lastPathComponent, tokenizer: 544, embeddings: 78)
        #expect(throws: error) { try clip.embed(["dog"]) }
        #expect(error.description.contains("544") && error.description.contains("78"))
    }
}
