import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("A model's weights")
struct CheckpointWeightsTests {
    private let shipped = checkpointGoldens.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "Weights/sam-nano")

    private func sample() -> Weights {
        Weights(
            [
                ("encoder.layers.0.weight", Tensor([1, 2, 3, 4, 5, 6], [2, 3])),
                ("encoder.layers.0.bias", Tensor([1, 2], [2])),
                ("encoder.layers.1.weight", Tensor([7], [1])), ("position_ids", Tensor([0], [1])),
                ("vit.pooler.dense.weight", Tensor([1], [1])),
            ], name: "tiny")
    }

    private func error(_ body: () throws -> Void) -> WeightsError? {
        do {
            try body()
            return nil
        } catch { return error as? WeightsError }
    }

    @Test("the shipped model opens, has the digest its README says, and one of its numbers is what it is")
    func shippedModel() throws {
        let weights = try Weights(contentsOf: shipped)
        #expect(weights.modelName == "sam-nano")
        let readme = try String(
            contentsOf: shipped.deletingLastPathComponent().appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains(weights.sha256))
        let bias = try weights["mask_decoder"]["iou_prediction_head"]["proj_out"].tensor("bias", [4])
        #expect(bias.array.allSatisfy { $0.isFinite })
        #expect(weights["vision_encoder"]["layers"][5]["attn"].shape(of: "rel_pos_h") == [47, 64])
    }

    @Test("a cursor reaches a tensor by its path, and says what is there")
    func cursor() throws {
        let layer = sample()["encoder"]["layers"][0]
        #expect(layer.path == "encoder.layers.0")
        #expect(try layer.tensor("weight", [2, 3]).array == [1, 2, 3, 4, 5, 6])
        #expect(layer.contains("bias") && !layer.contains("gamma"))
        #expect(layer.shape(of: "bias") == [2] && layer.shape(of: "gamma") == nil)
        #expect(layer.names == ["bias", "weight"])
        #expect(sample()["encoder"].names == ["layers.0.bias", "layers.0.weight", "layers.1.weight"])
        #expect(sample()["enc"].names == [])
    }

    @Test("a tensor of another shape or that is missing is an error in the house's words")
    func wrongShape() {
        let layer = sample()["encoder"]["layers"][0]
        let hint = " (do config.json and the weights belong together?)"
        let shape = error { _ = try layer.tensor("weight", [3, 2]) }
        #expect(
            shape?.code == "weights.shape"
                && shape?.description == "tiny: encoder.layers.0.weight is [2, 3], expected [3, 2]" + hint)
        #expect(error { _ = try layer.tensor("weight", [6]) }?.code == "weights.shape")
        #expect(error { _ = try layer.tensor("weight", [1 << 62, 1 << 62]) }?.code == "weights.shape")
        let missing = error { _ = try layer.tensor("gamma", [2]) }
        #expect(
            missing?.code == "weights.missing"
                && missing?.description == "tiny: there is no encoder.layers.0.gamma" + hint)
    }

    @Test("what nobody read is named, but for what may stay unread; what failed to be read was not read")
    func unread() throws {
        let weights = sample()
        _ = try weights["encoder"]["layers"][0].tensor("weight", [2, 3])
        _ = error { _ = try weights["encoder"]["layers"][0].tensor("bias", [3]) }
        let first = error { try weights.requireAllRead(ignoring: ["*position_ids", "vit.pooler.*"]) }
        #expect(
            first == .unread(model: "tiny", tensors: ["encoder.layers.0.bias", "encoder.layers.1.weight"]))
        #expect(
            first?.description.contains("nothing reads encoder.layers.0.bias, encoder.layers.1.weight")
                == true)
        _ = try weights["encoder"]["layers"][0].tensor("bias", [2])
        try weights["encoder"]["layers"][0].requireAllRead()
        #expect(error { try weights["encoder"].requireAllRead() }?.code == "weights.unread")
        _ = try weights["encoder"]["layers"][1].tensor("weight", [1])
        try weights.requireAllRead(ignoring: ["*position_ids", "vit.pooler.*"])
        #expect(
            error { try weights.requireAllRead(ignoring: ["*.position_ids", "vit.pooler.*"]) }?.code
                == "weights.unread")
        #expect(
            error { try weights.requireAllRead(ignoring: ["position_ids"]) }
                == .unread(model: "tiny", tensors: ["vit.pooler.dense.weight"])
        )
    }

    @Test(
        "a star stands for any characters, and nothing else does",
        arguments: [
            ("a.b", "a.b", true), ("a.b", "a*", true), ("a.b", "*b", true), ("a.b", "*", true),
            ("a.b", "a.*.b", false),
            ("abcb", "a*b", true),
            ("abc", "a*b", false), ("a.b", "a?b", false), ("a", "a*", true), ("", "*", true),
            ("x.a.y.b", "*a*b", true),
            ("ab", "b*", false),
        ])
    func patterns(name: String, pattern: String, fits: Bool) throws {
        let weights = Weights([(name, Tensor([1], [1]))], name: "x")
        #expect((error { try weights.requireAllRead(ignoring: [pattern]) } == nil) == fits)
    }

    @Test("threads may read at once")
    func threads() throws {
        let weights = Weights((0..<200).map { ("t.\($0)", Tensor([Float($0)], [1])) }, name: "x")
        DispatchQueue.concurrentPerform(iterations: 200) { index in
            let value = try? weights["t"].tensor("\(index)", [1])
            #expect(value?.array == [Float(index)])
        }
        try weights.requireAllRead()
    }

    @Test("another naming is rewritten by a table, whole parts at a time")
    func renaming() throws {
        let weights = Weights(
            ["blocks.0.norm1.weight", "blocks.1.norm1.weight", "blocks.1.attn.qkv", "blocksy.0", "pos"].map {
                ($0, Tensor([1], [1]))
            },
            name: "x")
        let renamed = try weights.renamed(by: [
            (from: "blocks.*.norm1", to: "layers.*.layer_norm1"), (from: "blocks", to: "layers"),
            (from: "pos", to: "embed.pos"),
        ])
        #expect(
            renamed.names == [
                "blocksy.0", "embed.pos", "layers.0.layer_norm1.weight", "layers.1.attn.qkv",
                "layers.1.layer_norm1.weight",
            ])
        _ = try renamed["layers"][1]["layer_norm1"].tensor("weight", [1])
        let collision = error { _ = try weights.renamed(by: [(from: "blocks.*.norm1", to: "same")]) }
        #expect(
            collision?.code == "weights.index"
                && collision?.description.contains("one tensor for same.weight") == true)
    }

    @Test("weights in memory have the digest of the file they would be")
    func digestInMemory() throws {
        let scratch = try ScratchFolder()
        let tensors = [("b", Tensor([1, 2], [2])), ("a", Tensor([3], []))]
        try Safetensors.write(tensors, to: scratch["model.safetensors"])
        #expect(try Weights(contentsOf: scratch.url).sha256 == Weights(tensors, name: "x").sha256)
    }

    // MARK: Folders

    @Test("a folder that is missing, is a file, or lacks its weights is named with the fix")
    func folders() throws {
        let scratch = try ScratchFolder()
        #expect(error { _ = try Weights(contentsOf: scratch["none"]) }?.code == "file.missing")
        let file = try scratch.write("file", "x")
        #expect(
            error { _ = try Weights(contentsOf: file) }?.description.contains("give the folder that holds it")
                == true)
        #expect(
            error { _ = try Weights(contentsOf: scratch.url) }?.description.hasSuffix(
                "model.safetensors.index.json, found neither") == true
        )
        try scratch.write("pytorch_model.bin", "x")
        #expect(
            error { _ = try Weights(contentsOf: scratch.url) }?.description.contains(
                "found pytorch_model.bin (only safetensors is read")
                == true)
        try scratch.write("model.safetensors", "x")
        #expect(error { _ = try Weights(contentsOf: scratch.url) }?.code == "weights.format")
    }

    @Test("a tensor of whole numbers is no weight")
    func wholeNumbers() throws {
        let scratch = try ScratchFolder()
        try Safetensors.write([("a.ids", .int64([1], [1]))], to: scratch["model.safetensors"])
        let weights = try Weights(contentsOf: scratch.url, name: "m")
        #expect(
            error { _ = try weights["a"].tensor("ids", [1]) }?.description
                == "m: a.ids is I64, expected F32, F16, BF16 or F64")
    }

    // MARK: Several files

    /// A folder of two files and an index over them.
    private func sharded(_ map: JSON, second: [String] = ["c"]) throws -> ScratchFolder {
        let scratch = try ScratchFolder()
        try Safetensors.write(
            [("a", Tensor([1], [1])), ("b", Tensor([2], [1]))],
            to: scratch["model-00001-of-00002.safetensors"])
        try Safetensors.write(
            second.map { ($0, Tensor([3], [1])) }, to: scratch["model-00002-of-00002.safetensors"])
        try scratch.write(
            "model.safetensors.index.json",
            JSON.object(["metadata": ["total_size": 7], "weight_map": map]).text())
        return scratch
    }

    private let first: JSON = "model-00001-of-00002.safetensors"
    private let second: JSON = "model-00002-of-00002.safetensors"

    @Test("a sharded model reads as one, whatever its total size claims")
    func shards() throws {
        let scratch = try sharded(["a": first, "b": first, "c": second])
        let weights = try Weights(contentsOf: scratch.url)
        #expect(try ["a", "b", "c"].map { try weights.tensor($0, [1]).array } == [[1], [2], [3]])
        try weights.requireAllRead()
        #expect(weights.sha256.count == 64)
    }

    @Test("an index that contradicts its files is refused")
    func contradictions() throws {
        for (map, second) in [
            (["a": first, "c": second], ["c"]),  // b is not listed
            (["a": first, "b": second, "c": second], ["c"]),  // b is elsewhere
            (["a": first, "b": first, "c": second, "d": second], ["c"]),  // d is nowhere
            (["a": first, "b": first, "c": second], ["c", "a"]),  // a is there twice
        ] as [(JSON, [String])] {
            let scratch = try sharded(map, second: second)
            let found = error { _ = try Weights(contentsOf: scratch.url) }
            #expect(found?.code == "weights.index", "\(map.text()): \(String(describing: found))")
        }
        let scratch = try sharded(["a": first, "b": first, "x": "model-00003-of-00002.safetensors"])
        #expect(error { _ = try Weights(contentsOf: scratch.url) }?.code == "file.missing")
    }

    @Test(
        "an index cannot name a file outside its folder",
        arguments: [
            "../x.safetensors", "/etc/passwd", "a/b.safetensors", "..", ".", "", "a\\b", "C:x", ".hidden",
            "a\u{0}b", "a\nb",
            String(repeating: "a", count: 256),
        ])
    func hostileNames(name: String) throws {
        let scratch = try sharded(["a": first, "b": first, "c": JSON(name)])
        #expect(error { _ = try Weights(contentsOf: scratch.url) }?.code == "weights.index")
    }

    @Test(
        "an index that is no index is refused",
        arguments: [
            "", "[]", "{}", #"{"weight_map":[]}"#, #"{"weight_map":{}}"#, #"{"weight_map":{"a":1}}"#,
            "{\"weight_map\":{",
        ])
    func brokenIndex(text: String) throws {
        let scratch = try ScratchFolder()
        try scratch.write("model.safetensors.index.json", text)
        let found = error { _ = try Weights(contentsOf: scratch.url) }
        #expect(
            found?.code == "weights.index"
                && found?.description.contains("model.safetensors.index.json") == true)
    }

    @Test("a name from a file cannot break a message's line")
    func hostileMessages() {
        let name = "a\n\u{1B}[31m\u{202E}" + String(repeating: "x", count: 1000)
        let text = WeightsError.missing(model: "m", tensor: name).description
        #expect(
            text.count < 400 && !text.contains("\n") && !text.contains("\u{1B}") && !text.contains("\u{202E}")
        )
    }

    @Test("a snapshot in the hub's cache is called by its model's name")
    func names() throws {
        let scratch = try ScratchFolder()
        for (folder, name) in [
            ("models--org--sam-x/snapshots/0123abcd", "sam-x"), ("models--gpt2/snapshots/0123abcd", "gpt2"),
            ("plain/", "plain"),
        ] {
            try FileManager.default.createDirectory(at: scratch[folder], withIntermediateDirectories: true)
            try Safetensors.write(
                [("a", Tensor([1], [1]))], to: scratch[folder].appending(path: "model.safetensors"))
            #expect(try Weights(contentsOf: scratch[folder]).modelName == name)
        }
    }
}
