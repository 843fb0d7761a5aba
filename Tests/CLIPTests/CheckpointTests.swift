import CLIP
import Foundation
import SpanielTestSupport
import Tensor
import Testing

@Suite("Checkpoints of CLIP's authors")
struct CheckpointTests {
    /// A tiny CLIP under the authors' names, seeded: width 64, one head.
    private static func tensors() -> [(name: String, shape: [Int], values: [Float])] {
        var generator = Generator(seed: 6)
        var tensors: [(name: String, shape: [Int], values: [Float])] = []
        func add(_ name: String, _ shape: [Int]) {
            tensors.append((name, shape, generator.tensor(Tensor.Shape(shape), in: -0.2...0.2).array))
        }
        for place in ["visual.transformer", "transformer"] {
            let layer = "\(place).resblocks.0"
            add("\(layer).attn.in_proj_weight", [192, 64])
            add("\(layer).attn.in_proj_bias", [192])
            add("\(layer).attn.out_proj.weight", [64, 64])
            add("\(layer).attn.out_proj.bias", [64])
            add("\(layer).mlp.c_fc.weight", [96, 64])
            add("\(layer).mlp.c_fc.bias", [96])
            add("\(layer).mlp.c_proj.weight", [64, 96])
            add("\(layer).mlp.c_proj.bias", [64])
            for norm in ["ln_1", "ln_2"] {
                add("\(layer).\(norm).weight", [64])
                add("\(layer).\(norm).bias", [64])
            }
        }
        for norm in ["visual.ln_pre", "visual.ln_post", "ln_final"] {
            add("\(norm).weight", [64])
            add("\(norm).bias", [64])
        }
        add("visual.class_embedding", [64])
        add("visual.positional_embedding", [5, 64])
        add("visual.conv1.weight", [64, 3, 8, 8])
        add("visual.proj", [64, 20])
        add("token_embedding.weight", [30, 64])
        add("positional_embedding", [9, 64])
        add("text_projection", [64, 20])
        add("logit_scale", [])
        add("input_resolution", [])
        return tensors
    }

    @Test("queries, keys and values are the thirds of what the authors keep in one; projections are turned")
    func parts() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write("clip.pt", TorchFile(Self.tensors()).bytes)
        let source = try Weights(checkpoint: file)
        let layout = try #require(try CLIPCheckpoint.layout(source))
        #expect(layout.notes.isEmpty && layout.modelType == "clip")
        let fused = try source.tensor("transformer.resblocks.0.attn.in_proj_weight", [192, 64]).array
        let bias = try source.tensor("visual.transformer.resblocks.0.attn.in_proj_bias", [192]).array
        for (i, part) in ["q_proj", "k_proj", "v_proj"].enumerated() {
            let text = layout.weights["text_model"]["encoder"]["layers"][0]["self_attn"][part]
            #expect(try text.tensor("weight", [64, 64]).array == Array(fused[i * 4096..<(i + 1) * 4096]))
            let image = layout.weights["vision_model"]["encoder"]["layers"][0]["self_attn"][part]
            #expect(try image.tensor("bias", [64]).array == Array(bias[i * 64..<(i + 1) * 64]))
        }
        let projection = try source.tensor("visual.proj", [64, 20]).transposed([1, 0]).array
        #expect(try layout.weights["visual_projection"].tensor("weight", [20, 64]).array == projection)
    }

    @Test("the checkpoint and the folder that it becomes compute the same bits")
    func folder() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write("clip.pt", TorchFile(Self.tensors()).bytes)
        let layout = try #require(try CLIPCheckpoint.layout(Weights(checkpoint: file)))
        let folder = scratch["folder"]
        try layout.write(to: folder)
        let (a, b) = (
            try CLIP(contentsOf: file, precision: .float32), try CLIP(contentsOf: folder, precision: .float32)
        )
        #expect(a.configuration == b.configuration)
        var generator = Generator(seed: 7)
        let pixels = generator.tensor([1, 16, 16, 3])
        #expect(try a.encode(pixels: pixels).embedding.array == b.encode(pixels: pixels).embedding.array)
        #expect(try a.texts([[28, 3, 29], [28, 29]]).array == b.texts([[28, 3, 29], [28, 29]]).array)
        #expect(a.identity.name == "clip.pt" && a.identity.sha256 != b.identity.sha256)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["config.json", "model.safetensors", "preprocessor_config.json"])
    }

    @Test("a ResNet is refused with what to take, and a part's name that is there already by name")
    func refused() throws {
        let resnet = [("text_projection", Tensor([1], [1])), ("token_embedding.weight", Tensor([1], [1]))]
        let error = #expect(throws: WeightsError.self) {
            try CLIPCheckpoint.layout(Weights(resnet, name: "RN50.pt"))
        }
        #expect(error?.description.contains("ResNet") == true)
        var twice = Self.tensors()
        twice.append(("transformer.resblocks.0.attn.q_proj.weight", [1], [1]))
        let scratch = try ScratchFolder()
        let file = try scratch.write("clip.pt", TorchFile(twice).bytes)
        let collision = #expect(throws: WeightsError.self) { try CLIP(contentsOf: file) }
        #expect(collision?.code == "weights.index", "\(collision as Any)")
    }

    @Test("a state dict that does not say whose it is gets a note on its activation")
    func notes() throws {
        let tensors = Self.tensors().filter { $0.name != "input_resolution" }
        let scratch = try ScratchFolder()
        let file = try scratch.write("clip.pt", TorchFile(tensors).bytes)
        #expect(
            try CLIPCheckpoint.layout(Weights(checkpoint: file))?.notes.first?.contains("hidden_act") == true)
    }
}
