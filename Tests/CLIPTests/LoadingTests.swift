import CLIP
import Foundation
import SpanielTestSupport
import Tensor
import Testing

struct LoadingTests {
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
        try ModelCopy.with(CLIPGolden.all[1].folder) { copy in
            try copy.replace(old, with: new, in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try CLIP(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(words) == true, "\(error as Any)"
            )
        }
    }

    @Test("a preprocessor of another size than the model's is refused")
    func preprocessor() throws {
        try ModelCopy.with(CLIPGolden.all[0].folder) { copy in
            try copy.write("preprocessor_config.json", "{\"size\": 20, \"crop_size\": 24}")
            let error = #expect(throws: WeightsError.self) {
                try CLIP(contentsOf: copy.folder, precision: .float32)
            }
            #expect(error?.description.contains("crop_size is 24") == true, "\(error as Any)")
        }
    }

    @Test("a missing tensor, and one that nobody reads, are named")
    func tensors() throws {
        try ModelCopy.with(CLIPGolden.all[0].folder) { copy in
            try copy.rewrite { $0.append(("extra", .zeros([2]))) }
            #expect(throws: WeightsError.unread(model: copy.name, tensors: ["extra"])) {
                try CLIP(contentsOf: copy.folder, precision: .float32)
            }
            try copy.rewrite { $0.removeAll { ["extra", "logit_scale"].contains($0.0) } }
            #expect(throws: WeightsError.missing(model: copy.name, tensor: "logit_scale")) {
                try CLIP(contentsOf: copy.folder, precision: .float32)
            }
        }
    }

    @Test("pictures need no tokenizer; texts say which files are missing, or that they are another model's")
    func tokenizer() throws {
        try ModelCopy.with(CLIPGolden.all[1].folder) { copy in
            try copy.remove("tokenizer.json")
            let clip = try CLIP(contentsOf: copy.folder, precision: .float32)
            _ = try clip.encode(try CLIPGolden.all[1].steps().picture())
            let path = copy.folder.path(percentEncoded: false)
            #expect(throws: CLIPError.tokenizerMissing(folder: path, found: "neither")) {
                try clip.embed(["dog"])
            }
            for name in ["vocab.json", "merges.txt"] {
                try FileManager.default.copyItem(
                    at: CLIPGolden.all[0].folder.appending(path: name), to: copy[name])
            }
            let error = CLIPError.vocabulary(model: copy.name, tokenizer: 544, embeddings: 78)
            #expect(throws: error) { try clip.embed(["dog"]) }
            #expect(error.description.contains("544") && error.description.contains("78"))
        }
    }
}
