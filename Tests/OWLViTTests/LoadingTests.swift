import Foundation
import OWLViT
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct LoadingTests {
    @Test("a model of another kind is named", arguments: ["clip", "sam", "clipseg", "vit"])
    func otherKind(kind: String) throws {
        try ModelCopy.with(OWLViTGolden.v1.folder) { copy in
            try copy.replace(
                "\"model_type\": \"owlvit\"", with: "\"model_type\": \"\(kind)\"", in: "config.json")
            let error = #expect(throws: OWLViTError.self) {
                try OWLViT(contentsOf: copy.folder, precision: .float32)
            }
            #expect(error == .modelKind(model: copy.name, found: kind))
            #expect(error?.description.contains("of the kind \(kind)") == true)
        }
    }

    @Test(
        "a configuration value that does not serve is refused by name",
        arguments: [
            ("\"image_size\": 48", "\"image_size\": 50", "image_size"),
            ("\"hidden_act\": \"quick_gelu\"", "\"hidden_act\": \"swish\"", "hidden_act"),
            ("\"projection_dim\": 16", "\"projection_dim\": 20", "projection_dim"),
            ("\"num_attention_heads\": 3", "\"num_attention_heads\": 5", "num_attention_heads"),
            ("\"patch_size\": 8", "\"patch_size\": 0", "patch_size"),
        ])
    func configuration(old: String, new: String, key: String) throws {
        try ModelCopy.with(OWLViTGolden.v1.folder) { copy in
            try copy.replace(old, with: new, in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try OWLViT(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("an absent key takes transformers' default", arguments: [("owlvit", 24), ("owlv2", 48)])
    func defaults(kind: String, grid: Int) throws {
        let configuration = try OWLViT.Configuration(
            ConfigurationReader(["model_type": .init(kind)], file: "config.json"), folder: "model")
        #expect(
            configuration.side == 768 && configuration.grid == grid && configuration.channels == 768
                && configuration.embedding == 512)
        #expect(configuration.encoders.text.length == 16 && configuration.encoders.text.vocabulary == 49408)
    }

    @Test("a preprocessor that does not pad, or makes another size, is refused")
    func preprocessor() throws {
        try ModelCopy.with(OWLViTGolden.v2.folder) { copy in
            try copy.replace(
                "\"do_pad\": true", with: "\"do_pad\": false", in: "preprocessor_config.json")
            let error = #expect(throws: WeightsError.self) {
                try OWLViT(contentsOf: copy.folder, precision: .float32)
            }
            #expect(error?.description.contains("do_pad") == true)
        }
        try ModelCopy.with(OWLViTGolden.v1.folder) { copy in
            try copy.replace(
                "\"width\": 48", with: "\"width\": 56", in: "preprocessor_config.json")
            let error = #expect(throws: WeightsError.self) {
                try OWLViT(contentsOf: copy.folder, precision: .float32)
            }
            #expect(error?.description.contains("size") == true)
        }
        try ModelCopy.with(OWLViTGolden.v1.folder) { copy in
            try copy.remove("preprocessor_config.json")
            let (owl, steps) = (
                try OWLViT(contentsOf: copy.folder, precision: .float32), try OWLViTGolden.v1.steps()
            )
            expectClose(
                owl.preprocessing(OWLViTGolden.picture(0), .hf), try steps.pixels(0), "pixels", tolerance: 0)
        }
    }

    @Test(
        "the keys that published files carry for history may be there or not; any other is named",
        arguments: OWLViTGolden.all)
    func keys(golden: OWLViTGolden) throws {
        try ModelCopy.with(golden.folder) { copy in
            let prefix = golden.name == "v1" ? "owlvit" : "owlv2"
            let extras = ["\(prefix).visual_projection.weight", "\(prefix).logit_scale"]
            try copy.rewrite { $0.removeAll { extras.contains($0.0) } }
            _ = try OWLViT(contentsOf: copy.folder, precision: .float32)
            try copy.rewrite { $0.append(("class_head.dense1.weight", .zeros([2]))) }
            let unread = WeightsError.unread(
                model: copy.name, tensors: ["class_head.dense1.weight"])
            #expect(throws: unread) { try OWLViT(contentsOf: copy.folder, precision: .float32) }
            try copy.rewrite { $0.removeAll { $0.0.hasPrefix("class_head.dense") } }
            #expect(
                throws: WeightsError.missing(
                    model: copy.name, tensor: "class_head.dense0.weight")
            ) {
                try OWLViT(contentsOf: copy.folder, precision: .float32)
            }
        }
    }

    @Test("the other version's weights are refused")
    func otherVersion() throws {
        try ModelCopy.with(OWLViTGolden.v1.folder) { copy in
            try copy.replace(
                "\"model_type\": \"owlvit\"", with: "\"model_type\": \"owlv2\"", in: "config.json")
            #expect(throws: WeightsError.self) { try OWLViT(contentsOf: copy.folder, precision: .float32) }
        }
    }

    @Test("weights of numbers that are none give no detection and no trap")
    func notNumbers() throws {
        try ModelCopy.with(OWLViTGolden.v2.folder) { copy in
            try copy.rewrite { tensors in
                for i in tensors.indices
                where tensors[i].0.hasPrefix("box_head") || tensors[i].0.hasPrefix("class_head") {
                    tensors[i].1 = tensors[i].1 * Float.nan
                }
            }
            let owl = try OWLViT(contentsOf: copy.folder, precision: .float32)
            let picture = OWLViTGolden.picture(0)
            let scene = try owl.encode(picture, tiles: 2)
            _ = try? owl.learn([
                Example(picture, box: box(0, 0, 20, 20)), Example(picture, point: Point(x: 5, y: 5)),
            ])
            var vector = [Float](repeating: 0, count: 12)
            vector[0] = 1
            let text = OWLViT.Text(text: "a", embedding: Tensor(vector, [12]), wasCut: false)
            let concept = OWLViT.Concept(
                className: "a", texts: [text], model: owl.identity)
            for suppression in [OWLViT.DetectOptions.Suppression.none, .classWise(iou: 0.3)] {
                #expect(
                    try owl.detect(concept, in: scene, options: .init(threshold: 0, suppression: suppression))
                        .isEmpty)
            }
            _ = owl.imageGuided(by: scene, in: scene)
        }
    }

    @Test("a damaged folder is refused or used, never trapped on", arguments: OWLViTGolden.all, 0..<3)
    func damaged(golden: OWLViTGolden, round: Int) throws {
        try ModelCopy.with(golden.folder) { copy in
            var chance = Generator(seed: UInt64(round))
            let names = [
                "config.json", "preprocessor_config.json", "vocab.json", "merges.txt",
                "tokenizer_config.json", "model.safetensors",
            ]
            for name in names {
                let file = copy[name]
                let whole = try Data(contentsOf: file)
                // Of the weights, what is not only numbers.
                let limit =
                    name.hasSuffix(".safetensors") ? 8 + Int(whole[0]) + Int(whole[1]) << 8 : whole.count
                for _ in 0..<12 {
                    var bytes = whole
                    for _ in 0..<Int.random(in: 1...3, using: &chance) {
                        let place = Int.random(in: 0..<limit, using: &chance)
                        // Digits for digits reach further than what is no JSON any more.
                        bytes[place] =
                            (48..<58).contains(bytes[place]) && Bool.random(using: &chance)
                            ? UInt8.random(in: 48..<58, using: &chance)
                            : UInt8.random(in: 32..<127, using: &chance)
                    }
                    if Int.random(in: 0..<6, using: &chance) == 0 {
                        bytes = bytes.prefix(Int.random(in: 0..<limit, using: &chance))
                    }
                    try bytes.write(to: file)
                    do {
                        let owl = try OWLViT(contentsOf: copy.folder, precision: .float32)
                        let scene = try owl.encode(OWLViTGolden.picture(2))
                        _ = try owl.detect(owl.concept("a", texts: ["a photo of a dog 7"]), in: scene)
                    } catch is WeightsError {} catch is OWLViTError {} catch is CLIPError {}
                }
                try whole.write(to: file)
            }
        }
    }
}
