import Foundation
import SAM
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

/// MobileSAM's image encoder against the published code, block by block. Sums of some hundred products of
/// numbers up to ten, through folded norms: each tolerance is a share of the largest.
struct TinyViTTests {
    static let all = ["tiny", "odd"].map { SAMGolden(name: "../MobileSAM/\($0)") }

    private func encoder(_ golden: SAMGolden) throws -> (SAM.TinyViT, SAMGolden.Steps) {
        (try #require(golden.model().imageEncoder as? SAM.TinyViT), try golden.steps())
    }

    @Test("patches are two convolutions with their norms folded in", arguments: all)
    func patches(golden: SAMGolden) throws {
        let (encoder, steps) = try encoder(golden)
        expectClose(encoder.patches(try steps["pixels.0"]), try steps["patches.out"], "patches")
    }

    @Test("each block of convolutions is the published one", arguments: all)
    func convolutions(golden: SAMGolden) throws {
        let (encoder, steps) = try encoder(golden)
        var x = try steps["block.0.in"]
        for (j, block) in encoder.convolutions.enumerated() {
            expectClose(block(x, addsInput: true), try steps["block.0.\(j).out"], "block 0.\(j)")
            x = try steps["block.0.\(j).out"]
        }
    }

    @Test(
        "merging halves the grid before the second and third stage, and keeps it before the last",
        arguments: all)
    func merging(golden: SAMGolden) throws {
        let (encoder, steps) = try encoder(golden)
        for (i, stage) in encoder.stages.enumerated() {
            let last = i == 0 ? encoder.convolutions.count : encoder.stages[i - 1].blocks.count
            let x = try steps["block.\(i).\(last - 1).out"]
            let found = stage.merging(x, addsInput: false)
            expectClose(found, try steps["merging.\(i).out"], "merging \(i)")
            #expect(found.shape[1] == (i == 2 ? x.shape[1] : x.shape[1] / 2))
        }
    }

    @Test(
        "attention in padded windows, windows larger than the grid and windows as large is the published one",
        arguments: all)
    func attention(golden: SAMGolden) throws {
        let (encoder, steps) = try encoder(golden)
        for (i, stage) in encoder.stages.enumerated() {
            let mixed = stage.blocks[0].attention(try steps["block.\(i + 1).in"])
            expectClose(mixed, try steps["mixed.\(i + 1)"], "attention \(i + 1)")
            expectClose(
                stage.blocks[0].local(try steps["mixed.\(i + 1)"]), try steps["local.\(i + 1)"],
                "local \(i + 1)")
        }
    }

    @Test("each block of attention is the published one", arguments: all)
    func blocks(golden: SAMGolden) throws {
        let (encoder, steps) = try encoder(golden)
        for (i, stage) in encoder.stages.enumerated() {
            var x = try steps["block.\(i + 1).in"]
            for (j, block) in stage.blocks.enumerated() {
                expectClose(block(x), try steps["block.\(i + 1).\(j).out"], "block \(i + 1).\(j)")
                x = try steps["block.\(i + 1).\(j).out"]
            }
        }
    }

    @Test("the whole encoder is the published one", arguments: all)
    func whole(golden: SAMGolden) throws {
        let steps = try golden.steps()
        let encoding = try golden.model().encode(try steps.picture(0))
        // Some twenty layers, one after the other.
        expectClose(encoding.embedding, try steps["embedding"][leading: 0], "embedding", tolerance: 3e-5)
    }

    @Test("points, boxes and masks give the published masks and scores", arguments: 0..<4)
    func masks(i: Int) throws {
        let (sam, steps) = (try Self.all[0].model(), try Self.all[0].steps())
        let (prompt, multimask) = try steps.prompt(i)
        let found = try sam.masks(for: prompt, in: sam.encode(steps.picture(0)), multimask: multimask)
        // Whole encoder and decoder.
        expectClose(
            Tensor.stack(found.map(\.logits)), try steps["prompt.\(i).logits"], "logits", tolerance: 1e-4)
        expectClose(
            Tensor(found.map(\.score), [found.count]), try steps["prompt.\(i).scores"], "scores",
            tolerance: 1e-4)
    }

    @Test("a cancelled task stops between blocks")
    func cancellation() async throws {
        let (sam, picture) = (try Self.all[0].model(), try Self.all[0].steps().picture(0))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try sam.encode(picture)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("an absent key takes MobileSAM's value, and the decoder's norms the authors' epsilon")
    func defaults() throws {
        let configuration = try SAM.Configuration(
            ConfigurationReader(["model_type": "mobile_sam"], file: "config.json"))
        guard case .tinyViT(let encoder) = configuration.imageEncoder else {
            Issue.record("\(configuration.imageEncoder)")
            return
        }
        #expect(encoder.stages.map(\.channels) == [64, 128, 160, 320])
        #expect(
            encoder.stages.map(\.blocks) == [2, 2, 6, 2] && encoder.stages.map(\.window) == [7, 7, 14, 7])
        #expect(configuration.imageEncoder.grid == 64 && encoder.expanded == 256)
        #expect(configuration.maskDecoder.epsilon == 1e-5 && configuration.promptEncoder.epsilon == 1e-6)
    }

    @Test(
        "a configuration value we do not support is refused by name",
        arguments: [
            ("\"image_size\": 48", "\"image_size\": 40", "image_size"),
            ("\"image_size\": 48", "\"image_size\": 4112", "image_size"),
            ("\"local_conv_size\": 3", "\"local_conv_size\": 5", "local_conv_size"),
            ("\"mlp_ratio\": 4.0", "\"mlp_ratio\": 0.01", "mlp_ratio"),
            ("\"mbconv_expand_ratio\": 4.0", "\"mbconv_expand_ratio\": 0.1", "mbconv_expand_ratio"),
            ("\"output_channels\": 16", "\"output_channels\": 15", "output_channels"),
            ("\"num_heads\": [", "\"num_heads\": [7,", "num_heads"),
            ("\"window_sizes\": [", "\"window_sizes\": 7, \"_\": [", "window_sizes"),
            ("\"window_sizes\": [\n      3", "\"window_sizes\": [\n      33", "window_sizes"),
            ("\"embed_dims\": [\n      8", "\"embed_dims\": [\n      9", "embed_dims"),
            ("\"num_heads\": [\n      1,\n      2", "\"num_heads\": [\n      1,\n      5", "embed_dims"),
            ("\"model_type\": \"tiny_vit\"", "\"model_type\": \"hiera\"", "model_type"),
        ])
    func configurationValues(old: String, new: String, key: String) throws {
        try ModelCopy.with(Self.all[0].folder) { copy in
            try copy.replace(old, with: new, in: "config.json")
            let error = #expect(throws: WeightsError.self) { try SAM(contentsOf: copy.folder) }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test(
        "a missing or wrong-shaped part of a batch norm, and biases of another window, are named",
        arguments: [
            "vision_encoder.patch_embed.seq.0.bn.running_mean",
            "vision_encoder.layers.0.blocks.0.conv2.bn.running_var",
            "vision_encoder.layers.1.blocks.0.local_conv.bn.weight",
            "vision_encoder.layers.1.downsample.conv3.bn.bias",
            "vision_encoder.layers.0.blocks.1.conv2.c.weight",
            "vision_encoder.layers.2.blocks.1.attn.attention_biases",
        ])
    func tensors(key: String) throws {
        try ModelCopy.with(Self.all[0].folder) { copy in
            try copy.rewrite { $0.removeAll { $0.0 == key } }
            #expect(throws: WeightsError.missing(model: copy.name, tensor: key)) {
                try SAM(contentsOf: copy.folder)
            }
        }
        try ModelCopy.with(Self.all[0].folder) { copy in
            try copy.rewrite { tensors in
                let i = try #require(tensors.firstIndex { $0.0 == key })
                tensors[i].1 = Tensor.concatenated([tensors[i].1, tensors[i].1], axis: 0)
            }
            let error = #expect(throws: WeightsError.self) { try SAM(contentsOf: copy.folder) }
            #expect(error?.code == "weights.shape" && error?.description.contains(key) == true)
        }
    }

    @Test("what the published file holds beyond the encoder is named as unread")
    func unread() throws {
        try ModelCopy.with(Self.all[0].folder) { copy in
            try copy.rewrite { $0.append(("vision_encoder.norm_head.weight", .zeros([18]))) }
            let unread = WeightsError.unread(model: copy.name, tensors: ["vision_encoder.norm_head.weight"])
            #expect(throws: unread) { try SAM(contentsOf: copy.folder) }
        }
    }
}
