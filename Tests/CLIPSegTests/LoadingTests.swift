import CLIPSeg
import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct LoadingTests {
    @Test(
        "a configuration value we do not support is refused by name",
        arguments: [
            ("\"model_type\": \"clipseg\"", "\"model_type\": \"clip\"", "model_type"),
            ("\"reduce_dim\": 16", "\"reduce_dim\": 18", "reduce_dim"),
            ("\"reduce_dim\": 16", "\"reduce_dim\": 0", "reduce_dim"),
            (
                "\"decoder_num_attention_heads\": 4", "\"decoder_num_attention_heads\": \"four\"",
                "decoder_num_attention_heads"
            ),
            ("\"conditional_layer\": 0", "\"conditional_layer\": 3", "conditional_layer"),
            ("    0,\n    2,\n    3\n", "    0,\n    3,\n    2\n", "extract_layers"),
            ("    0,\n    2,\n    3\n", "    0,\n    2,\n    5\n", "extract_layers"),
            ("    0,\n    2,\n    3\n", "    0,\n    2,\n    -1\n", "extract_layers"),
            ("    0,\n    2,\n    3\n", "", "extract_layers"),
            (
                "\"use_complex_transposed_convolution\": false", "\"use_complex_transposed_convolution\": 7",
                "use_complex_transposed_convolution"
            ),
            ("\"image_size\": 16", "\"image_size\": 17", "image_size"),
            ("\"hidden_size\": 24", "\"hidden_size\": 25", "num_attention_heads"),
        ])
    func configurationValues(old: String, new: String, key: String) throws {
        try ModelCopy.with(CLIPSegGolden.plain.folder) { copy in
            try copy.replace(old, with: new, in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try CLIPSeg(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
        }
    }

    @Test("an absent key takes transformers' default")
    func defaults() throws {
        let configuration = try CLIPSeg.Configuration(ConfigurationReader([:], file: "config.json"))
        #expect(configuration.taps == [3, 6, 9] && configuration.channels == 64 && configuration.heads == 4)
        #expect(
            configuration.hidden == 2048 && configuration.conditionalLayer == 0 && !configuration.isRefined)
        #expect(configuration.clip.image.patchSize == 32 && configuration.clip.projection == 512)
    }

    @Test("finer patches than a refined upsampler can have are refused")
    func finePatches() throws {
        let json: JSON = ["use_complex_transposed_convolution": true, "vision_config": ["patch_size": 2]]
        let error = #expect(throws: WeightsError.self) {
            try CLIPSeg.Configuration(ConfigurationReader(json, file: "config.json"))
        }
        #expect(error?.description.contains("use_complex_transposed_convolution") == true)
    }

    @Test(
        "a preprocessor's size must be a square of whole patches",
        arguments: ["{\"height\": 28, \"width\": 32}", "30", "{\"height\": 4000, \"width\": 4000}"])
    func inputSizes(text: String) throws {
        try ModelCopy.with(CLIPSegGolden.plain.folder) { copy in
            try copy.write("preprocessor_config.json", "{\"size\": \(text)}")
            let error = #expect(throws: CLIPSegError.self) {
                try CLIPSeg(contentsOf: copy.folder, precision: .float32)
            }
            #expect(error?.code == "config.value")
        }
    }

    @Test(
        "another square of whole patches works, and without a preprocessor's file pictures are 352 pixels a side"
    )
    func otherSizes() throws {
        let steps = try CLIPSegGolden.plain.steps()
        try ModelCopy.with(CLIPSegGolden.plain.folder) { copy in
            for (text, side) in [("{\"size\": 36}", 36), ("{}", 352)] {
                try copy.write("preprocessor_config.json", text)
                let clipseg = try CLIPSeg(contentsOf: copy.folder, precision: .float32)
                let logits = try clipseg.logits(
                    for: steps.prompts("conditional.mixed"), in: clipseg.encode(steps.picture(0)))
                #expect(logits.shape == [1, side, side])
            }
        }
    }

    @Test("a missing, an extra and a wrong-shaped tensor are each named", arguments: CLIPSegGolden.all)
    func tensors(golden: CLIPSegGolden) throws {
        try ModelCopy.with(golden.folder) { copy in
            let key = "decoder.reduces.1.weight"
            try copy.rewrite { $0.removeAll { $0.0 == key } }
            #expect(throws: WeightsError.missing(model: copy.name, tensor: key)) {
                try CLIPSeg(contentsOf: copy.folder, precision: .float32)
            }
        }
        try ModelCopy.with(golden.folder) { copy in
            try copy.rewrite { $0.append(("decoder.reduces.7.weight", .zeros([2]))) }
            let unread = WeightsError.unread(
                model: copy.name, tensors: ["decoder.reduces.7.weight"])
            #expect(throws: unread) { try CLIPSeg(contentsOf: copy.folder, precision: .float32) }
        }
        try ModelCopy.with(golden.folder) { copy in
            try copy.rewrite { tensors in
                guard let i = tensors.firstIndex(where: { $0.0 == "decoder.film_mul.bias" }) else { return }
                tensors[i].1 = .zeros([3])
            }
            let error = #expect(throws: WeightsError.self) {
                try CLIPSeg(contentsOf: copy.folder, precision: .float32)
            }
            #expect(error?.code == "weights.shape" && error?.description.contains("film_mul") == true)
        }
    }

    @Test("what files carry for history may be there or not")
    func history() throws {
        try ModelCopy.with(CLIPSegGolden.plain.folder) { copy in
            try copy.rewrite { tensors in
                tensors.removeAll { $0.0 == "clip.logit_scale" }
                tensors.append(("clip.text_model.embeddings.position_ids", .zeros([1, 12])))
                tensors.append(("clip.vision_model.embeddings.position_ids", .zeros([1, 17])))
            }
            _ = try CLIPSeg(contentsOf: copy.folder, precision: .float32)
        }
    }

    @Test("without a tokenizer's files examples work and texts say what is missing")
    func noTokenizer() throws {
        let picture = try CLIPSegGolden.plain.steps().picture(0)
        try ModelCopy.with(CLIPSegGolden.plain.folder) { copy in
            try copy.remove("merges.txt")
            let clipseg = try CLIPSeg(contentsOf: copy.folder, precision: .float32)
            _ = try clipseg.learn([Example(picture, box: Box(x1: 5, y1: 5, x2: 30, y2: 30))])
            let error = #expect(throws: CLIPError.self) { try clipseg.embed(["a cat"]) }
            #expect(error?.code == "tokenizer.missing")
        }
    }

    @Test("a tokenizer with more words than the weights is refused")
    func otherTokenizer() throws {
        try ModelCopy.with(CLIPSegGolden.plain.folder) { copy in
            try copy.replace(
                "\"<|endoftext|>\": 523", with: "\"<|endoftext|>\": 523, \"zebra</w>\": 524", in: "vocab.json"
            )
            let clipseg = try CLIPSeg(contentsOf: copy.folder, precision: .float32)
            let error = #expect(throws: CLIPError.self) { try clipseg.embed(["a cat"]) }
            #expect(error?.code == "tokenizer.vocabulary")
        }
    }

    @Test("a folder with any byte damaged is refused or still answers", arguments: CLIPSegGolden.all)
    func damaged(golden: CLIPSegGolden) throws {
        let picture = try golden.steps().picture(3)
        var generator = Generator(seed: 11)
        for name in [
            "config.json", "preprocessor_config.json", "vocab.json", "merges.txt", "model.safetensors",
        ] {
            let bytes = try [UInt8](Data(contentsOf: golden.folder.appending(path: name)))
            // Of the weights only the header: behind it any bytes are numbers.
            let range = name == "model.safetensors" ? 0..<9000 : bytes.indices
            try ModelCopy.with(golden.folder) { copy in
                for _ in 0..<40 {
                    var changed = bytes
                    for _ in 0..<2 {
                        changed[.random(in: range, using: &generator)] = .random(
                            in: 32...126, using: &generator)
                    }
                    try Data(changed).write(to: copy[name])
                    guard let clipseg = try? CLIPSeg(contentsOf: copy.folder, precision: .float32),
                        let prompts = try? clipseg.embed(["a cat", "dog!"])
                    else {
                        continue
                    }
                    _ = try clipseg.segment(
                        [clipseg.concept("cat", prompts)], in: clipseg.encode(picture), refinedBy: picture)
                }
            }
        }
    }
}
