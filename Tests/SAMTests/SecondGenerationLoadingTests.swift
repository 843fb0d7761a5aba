import Foundation
import SAM
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct SecondGenerationLoadingTests {
    private static let folder = SAMGolden.second[0].folder

    @Test(
        "a value of SAM 2's configuration that we do not support is refused by name",
        arguments: [
            ("\"model_type\": \"sam2\",\n  \"prompt", "\"model_type\": \"sam3\",\n  \"prompt", "model_type"),
            ("\"patch_size\": 16", "\"patch_size\": 8", "patch_size"),
            ("\"num_feature_levels\": 3", "\"num_feature_levels\": 4", "num_feature_levels"),
            ("\"num_query_pool_stages\": 3", "\"num_query_pool_stages\": 2", "fpn_top_down_levels"),
            ("\"num_query_pool_stages\": 3", "\"num_query_pool_stages\": 1", "num_query_pool_stages"),
            ("\"fpn_hidden_size\": 16", "\"fpn_hidden_size\": 24", "hidden_size"),
            ("\"fpn_kernel_size\": 1", "\"fpn_kernel_size\": 3", "fpn_kernel_size"),
            ("\"hidden_size\": 8,", "\"hidden_size\": 12,", "hidden_size"),
            ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "num_hidden_layers"),
            ("\"image_size\": 64,", "\"image_size\": 128,", "image_size"),
            (
                "\"global_attention_blocks\": [\n        4", "\"global_attention_blocks\": [\n        3",
                "global"
            ),
            ("[\n        4,\n        6,", "[\n        3,\n        6,", "window_size_per_stage"),
            ("[\n        4,\n        6,", "[\n        4,\n        5,", "window_size_per_stage"),
            ("[\n        4,\n        6,\n        6,\n        3\n", "[\n 4\n", "window_size_per_stage"),
            (
                "\"patch_kernel_size\": [\n        7,\n        7", "\"patch_kernel_size\": [ 8, 8",
                "patch_kernel"
            ),
            ("[\n      24,\n      16,\n      12,\n      8\n", "[\n 8\n", "backbone_channel_list"),
            (
                "\"hidden_act\": \"gelu\",\n      \"hidden_size\"",
                "\"hidden_act\": \"swish\",\n \"hidden_size\"", "hidden_act"
            ),
        ])
    func configurationValues(old: String, new: String, key: String) throws {
        try ModelCopy.with(Self.folder) { copy in
            try copy.replace(old, with: new, in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("an absent key takes the tiny model's value")
    func defaults() throws {
        let configuration = try SAM.Configuration(
            ConfigurationReader(["model_type": "sam2_video"], file: "config.json"))
        guard case .hiera(let encoder) = configuration.imageEncoder else {
            Issue.record("\(configuration.imageEncoder)")
            return
        }
        #expect(encoder.stages.map(\.channels) == [96, 192, 384, 768])
        #expect(encoder.stages.map(\.blocks) == [1, 2, 7, 2])
        #expect(configuration.imageEncoder.grid == 64)
        #expect(encoder.globalBlocks == [5, 7, 9] && configuration.maskDecoder.layerDownsampling == 2)
        #expect(configuration.maskDecoder.second?.fallback?.threshold == 0.98)
    }

    @Test(
        "a preprocessor that stretches to another size, pads or filters otherwise is refused by name",
        arguments: [
            ("\"height\": 64", "\"height\": 32", "size"),
            ("\"do_resize\": true", "\"do_resize\": true, \"do_pad\": true", "do_pad"),
            ("\"resample\": 2", "\"resample\": 5", "resample"),
        ])
    func preprocessor(old: String, new: String, key: String) throws {
        try ModelCopy.with(Self.folder) { copy in
            try copy.replace(old, with: new, in: "preprocessor_config.json")
            let error = #expect(throws: WeightsError.self) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("a video model's folder loads its part for pictures; a key of no part is an error that names it")
    func video() throws {
        try ModelCopy.with(Self.folder) { copy in
            let (first, steps) = (try SAMGolden.second[0].model(), try SAMGolden.second[0].steps())
            try copy.replace(
                "\"model_type\": \"sam2\",\n  \"prompt", with: "\"model_type\": \"sam2_video\",\n  \"prompt",
                in: "config.json")
            try copy.rewrite { tensors in
                for name in [
                    "memory_attention.layers.0.linear1.weight", "memory_encoder.projection.bias",
                    "memory_temporal_positional_encoding", "mask_downsample.weight",
                    "no_memory_positional_encoding", "no_object_pointer", "object_pointer_proj.proj_in.bias",
                    "occlusion_spatial_embedding_parameter",
                    "temporal_positional_encoding_projection_layer.weight",
                ] { tensors.append((name, .zeros([2]))) }
            }
            let sam = try SAM(contentsOf: copy.folder, precision: .float32)
            let picture = try steps.picture(0)
            #expect(try sam.encode(picture).embedding.array == first.encode(picture).embedding.array)
            try copy.rewrite { $0.append(("mask_decoder.transformer.layers.9.bias", .zeros([2]))) }
            let unread = WeightsError.unread(
                model: copy.name, tensors: ["mask_decoder.transformer.layers.9.bias"])
            #expect(throws: unread) { try SAM(contentsOf: copy.folder, precision: .float32) }
        }
    }

    @Test(
        "a missing tensor is named",
        arguments: [
            "no_memory_embedding", "mask_decoder.conv_s0.weight", "mask_decoder.obj_score_token.weight",
            "vision_encoder.backbone.blocks.1.proj.bias", "vision_encoder.neck.convs.0.weight",
        ])
    func missing(key: String) throws {
        try ModelCopy.with(Self.folder) { copy in
            try copy.rewrite { $0.removeAll { $0.0 == key } }
            #expect(throws: WeightsError.missing(model: copy.name, tensor: key)) {
                try SAM(contentsOf: copy.folder, precision: .float32)
            }
        }
    }
}
