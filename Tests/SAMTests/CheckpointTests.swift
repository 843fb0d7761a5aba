import Foundation
import SAM
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("Checkpoints of SAM's authors")
struct CheckpointTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Goldens/PyTorch").standardizedFileURL

    @Test("a .pth with the authors' names computes what transformers does with the same weights")
    func numbers() throws {
        let sam = try SAM(contentsOf: Self.folder.appending(path: "sam.pth"), precision: .float32)
        let golden = try Safetensors(contentsOf: Self.folder.appending(path: "sam.safetensors"))
        func expected(_ name: String) throws -> Tensor { try golden.tensor(try #require(golden.entry(name))) }
        let frame = SAM.Frame(original: Size(width: 32, height: 32), longest: 32, side: 32)
        let encoding = try sam.encode(
            pixels: expected("pixel_values").transposed([0, 2, 3, 1]), frame: frame)
        expectClose(
            encoding.embedding.transposed([2, 0, 1]).reshaped([1, 16, 4, 4]),
            try expected("image_embeddings"),
            "image_embeddings", tolerance: 2e-5)
        let answers = try sam.masks(for: .init(point: Point(x: 9, y: 14)), in: encoding)
        expectClose(
            Tensor.stack(answers.map(\.logits)), try expected("low_res_masks"), "low_res_masks",
            tolerance: 2e-5)
        expectClose(
            Tensor(answers.map(\.score), [3]), try expected("iou_scores"), "iou_scores", tolerance: 2e-5)
        #expect(sam.identity.name == "sam.pth" && sam.imageSize == 32)
    }

    /// The authors' name of a tensor of the hub's SAM 2.
    private static func original(_ name: String) -> String {
        var name = name
        for (hub, original) in [
            ("vision_encoder.backbone", "image_encoder.trunk"), ("vision_encoder.neck", "image_encoder.neck"),
            ("patch_embed.projection", "patch_embed.proj"), ("prompt_encoder.", "sam_prompt_encoder."),
            (
                "shared_image_embedding.positional_embedding",
                "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
            ),
            ("mask_embed.conv1", "mask_downscaling.0"), ("mask_embed.layer_norm1", "mask_downscaling.1"),
            ("mask_embed.conv2", "mask_downscaling.3"), ("mask_embed.layer_norm2", "mask_downscaling.4"),
            ("mask_embed.conv3", "mask_downscaling.6"), ("mask_decoder.", "sam_mask_decoder."),
            ("upscale_conv1", "output_upscaling.0"), ("upscale_layer_norm", "output_upscaling.1"),
            ("upscale_conv2", "output_upscaling.3"), ("o_proj", "out_proj"),
            ("no_memory_embedding", "no_mem_embed"),
        ] { name = name.replacing(hub, with: original) }
        if ["hypernetworks", "iou_prediction_head", "pred_obj_score_head"].contains(where: name.contains) {
            name = name.replacing(".layers.0.", with: ".layers.1.").replacing("proj_in", with: "layers.0")
                .replacing("proj_out", with: "layers.2")
        }
        name = name.replacing(".layer_norm", with: ".norm").replacing("mlp.proj_in", with: "mlp.layers.0")
            .replacing("mlp.proj_out", with: "mlp.layers.1")
        guard name.contains("neck.convs") else { return name }
        return name.replacing(".weight", with: ".conv.weight").replacing(".bias", with: ".conv.bias")
    }

    @Test(
        "SAM 2.1's names become transformers', and its sizes the configuration",
        arguments: [("tiny", [1, 2, 7, 2], [5, 7, 9]), ("small", [1, 2, 11, 2], [7, 10, 13])])
    func sam2(size: String, blocks: [Int], global: [Int]) throws {
        let text = try Data(contentsOf: Self.folder.appending(path: "sam2-\(size).json"))
        let shapes = try #require(JSON(parsing: text).object)
        var tensors: [(String, Tensor)] = ["maskmem_tpos_enc", "memory_encoder.x", "no_obj_ptr"].map {
            ($0, Tensor([0], [1]))
        }
        for (name, value) in shapes where !name.hasSuffix("shared_embedding.positional_embedding") {
            let shape = try #require(value.array).compactMap(\.int)
            // Of most tensors the first extents are enough; the whole model has 156 MB.
            let small = shape.count == 4 ? Array(shape[..<1]) + [1] + shape[2...] : shape
            func add(_ name: String, _ shape: [Int]) {
                tensors.append((name, Tensor(repeating: 0, Tensor.Shape(shape))))
            }
            if name == "prompt_encoder.point_embed.weight" {
                for i in 0..<4 { add("sam_prompt_encoder.point_embeddings.\(i).weight", [1, shape[1]]) }
            } else {
                add(Self.original(name), small.count == 2 && small[0] > 512 ? [small[0], 1] : small)
            }
        }
        let layout = try #require(try SAMCheckpoint.layout(Weights(tensors, name: "m")))
        #expect(layout.weights.names == shapes.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(layout.weights.shape(of: "prompt_encoder.point_embed.weight") == [4, 256])
        let backbone = JSON.object(layout.configuration)["vision_config"]?["backbone_config"]
        #expect(layout.modelType == "sam2")
        #expect(backbone?["blocks_per_stage"]?.array?.compactMap(\.int) == blocks)
        #expect(backbone?["embed_dim_per_stage"]?.array?.compactMap(\.int) == [96, 192, 384, 768])
        #expect(backbone?["global_attention_blocks"]?.array?.compactMap(\.int) == global)
    }

    @Test("MobileSAM's encoder keeps its names; its head and what PyTorch counts are left out")
    func mobile() throws {
        let names = [
            "image_encoder.patch_embed.seq.0.c.weight", "image_encoder.patch_embed.seq.0.bn.running_mean",
            "image_encoder.patch_embed.seq.0.bn.num_batches_tracked",
            "image_encoder.layers.1.blocks.0.attn.attention_biases",
            "image_encoder.layers.1.blocks.0.attn.attention_bias_idxs", "image_encoder.norm_head.weight",
            "image_encoder.head.weight", "image_encoder.neck.1.bias", "pixel_mean",
            "prompt_encoder.point_embeddings.2.weight",
            "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
            "mask_decoder.output_hypernetworks_mlps.3.layers.1.bias",
            "mask_decoder.iou_prediction_head.layers.0.weight",
            "mask_decoder.iou_prediction_head.layers.1.weight",
            "mask_decoder.iou_prediction_head.layers.2.weight",
            "mask_decoder.transformer.layers.1.norm4.weight",
        ]
        let layout = try #require(
            try SAMCheckpoint.layout(Weights(names.map { ($0, Tensor([1], [1])) }, name: "m")))
        #expect(
            layout.weights.names == [
                "mask_decoder.iou_prediction_head.layers.0.weight",
                "mask_decoder.iou_prediction_head.proj_in.weight",
                "mask_decoder.iou_prediction_head.proj_out.weight",
                "mask_decoder.output_hypernetworks_mlps.3.layers.0.bias",
                "mask_decoder.transformer.layers.1.layer_norm4.weight",
                "prompt_encoder.point_embed.2.weight", "shared_image_embedding.positional_embedding",
                "vision_encoder.layers.1.blocks.0.attn.attention_biases",
                "vision_encoder.neck.layer_norm1.bias",
                "vision_encoder.patch_embed.seq.0.bn.running_mean",
                "vision_encoder.patch_embed.seq.0.c.weight",
            ])
        #expect(layout.modelType == "mobile_sam")
    }

    @Test("a checkpoint of something else is refused, and one with a tensor too few or too many by its name")
    func others() throws {
        let scratch = try ScratchFolder()
        let other = try scratch.write("other.pth", TorchFile([("backbone.weight", [1], [1])]).bytes)
        let error = #expect(throws: WeightsError.self) { try SAM(contentsOf: other) }
        #expect(error?.description.contains("backbone.weight") == true)
        let weights = try Weights(checkpoint: Self.folder.appending(path: "sam.pth"))
        func file(_ change: ([String]) -> [String]) throws -> URL {
            let names = change(weights.names)
            return try scratch.write(
                "m.pth",
                TorchFile(
                    names.map { name in
                        let known = weights.shape(of: name) != nil
                        let tensor = try weights.tensor(
                            known ? name : weights.names[0],
                            weights.shape(of: known ? name : weights.names[0])!)
                        return (name, tensor.shape.extents, tensor.array)
                    }
                ).bytes)
        }
        let lacking = try file { $0.filter { $0 != "image_encoder.neck.2.weight" } }
        let missing = #expect(throws: WeightsError.self) { try SAM(contentsOf: lacking) }
        #expect(missing?.description.contains("vision_encoder.neck.conv2.weight") == true)
        let more = try file { $0 + ["image_encoder.extra"] }
        let unread = #expect(throws: WeightsError.self) { try SAM(contentsOf: more) }
        #expect(unread?.code == "weights.unread" && unread?.description.contains("extra") == true)
        #expect(throws: Never.self) { try SAM(contentsOf: file { $0 }) }
    }
}
