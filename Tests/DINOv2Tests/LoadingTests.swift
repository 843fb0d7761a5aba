import DINOv2
import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct LoadingTests {
    private static func folder(_ name: String) -> URL { DINOv2Golden.folder.appending(path: name) }

    @Test("what a model is stands in its configuration, and an absent key has its class's default")
    func configuration() throws {
        let gated = try DINOv2Golden.model("gated").configuration
        // 14 · 3 = 42, of which two thirds are 28, and 32 the next multiple of 8; 21 pixels hold 5 patches.
        #expect(gated.layers.hidden == 32 && gated.isGated && gated.grid == 5 && gated.registers == 0)
        for (type, patch, registers) in [("dinov2", 14, 0), ("dinov2_with_registers", 16, 4)] {
            let reader = try ConfigurationReader(["model_type": .string(type)], file: "config.json")
            let defaults = try DINOv2.Configuration(reader)
            #expect(defaults.patchSize == patch && defaults.registers == registers)
            #expect(defaults.imageSize == 224 && defaults.layers.hidden == 3072 && !defaults.isGated)
            #expect(defaults.hasAntialias == (registers > 0))
        }
    }

    @Test("without a preprocessor's file the published values hold, with one its class's defaults")
    func preprocessor() throws {
        try ModelCopy.with(Self.folder("plain")) { copy in
            try copy.replace("\"patch_size\": 4", with: "\"patch_size\": 4 ", in: "config.json")
            try copy.remove("preprocessor_config.json")
            #expect(try DINOv2(contentsOf: copy.folder).preprocessing.key == DINOv2.published.key)
            try copy.write("preprocessor_config.json", "{}")
            #expect(try DINOv2(contentsOf: copy.folder).preprocessing.key == DINOv2.classDefaults.key)
        }
    }

    @Test(
        "a value that is not supported is refused by name",
        arguments: [
            ("config.json", "\"dinov2\"", "\"dinov3\"", "model_type"),
            ("config.json", "\"gelu\"", "\"gelu_new\"", "hidden_act"),
            ("config.json", "\"patch_size\": 4", "\"patch_size\": 24", "image_size"),
            (
                "config.json", "\"num_attention_heads\": 2", "\"num_attention_heads\": 3",
                "num_attention_heads"
            ),
            ("config.json", "\"mlp_ratio\": 2", "\"mlp_ratio\": 2.5", "mlp_ratio"),
            ("config.json", "\"num_channels\": 3", "\"num_channels\": 1", "num_channels"),
            ("config.json", "\"image_size\": 20", "\"image_size\": [20, 24]", "image_size"),
            ("preprocessor_config.json", "\"width\": 16", "\"width\": 18", "crop_size"),
            ("preprocessor_config.json", "\"do_resize\": true", "\"do_resize\": false", "do_resize"),
        ])
    func values(file: String, old: String, new: String, key: String) throws {
        try ModelCopy.with(Self.folder("plain")) { copy in
            try copy.replace(old, with: new, in: file)
            let error = #expect(throws: WeightsError.self) { try DINOv2(contentsOf: copy.folder) }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("a missing tensor, another shape and a tensor nobody reads are refused by name")
    func tensors() throws {
        func refused(_ change: (inout [(String, Tensor)]) -> Void) throws -> String {
            var text = ""
            try ModelCopy.with(Self.folder("registers")) { copy in
                try copy.rewrite(change)
                let error = #expect(throws: WeightsError.self) { try DINOv2(contentsOf: copy.folder) }
                text = "\(error.map { "\($0.code) \($0)" } ?? "")"
            }
            return text
        }
        let scale = "encoder.layer.1.layer_scale2.lambda1"
        #expect(try refused { $0.removeAll { $0.0 == scale } }.contains("there is no \(scale)"))
        #expect(try refused { $0.removeAll { $0.0 == "embeddings.register_tokens" } }.contains("register"))
        #expect(
            try refused { $0.append(("encoder.layer.2.norm1.weight", .zeros([16]))) }
                .contains("nothing reads encoder.layer.2.norm1.weight"))
        let text = try refused { tensors in
            tensors.removeAll { $0.0 == "embeddings.position_embeddings" }
            tensors.append(("embeddings.position_embeddings", .zeros([1, 17, 16])))
        }
        #expect(text.contains("is [1, 17, 16], expected [1, 26, 16]"), "\(text)")
    }

    @Test("the token that hides patches in training may be there or not")
    func maskToken() throws {
        let shape = try DINOv2Golden.model("plain").weights.shape(of: "embeddings.mask_token")
        #expect(shape == [1, 16])
        try ModelCopy.with(Self.folder("plain")) { copy in
            try copy.rewrite { $0.removeAll { $0.0 == "embeddings.mask_token" } }
            _ = try DINOv2(contentsOf: copy.folder)
        }
    }
}
