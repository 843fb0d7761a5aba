import Foundation
import SpanielImaging
import SpanielTestSupport
import Tensor
import SpanielTensors
import Testing
import ViT

struct ClassifierTests {
    /// A tiny model in the hub's names, and one in transformers' own, in half precision, with every switch
    /// the other way.
    static let models = ["tiny", "odd"]

    private func load(_ name: String) throws -> (vit: ViT, steps: ViTGolden) {
        (
            try ViT(contentsOf: ViTGolden.folder.appending(path: name), precision: .float32),
            try ViTGolden(file: "\(name)/steps")
        )
    }

    @Test(
        "pixel values are transformers' to the last bit, with a preprocessor's file and without",
        arguments: models)
    func pixelValues(name: String) throws {
        let (vit, steps) = try load(name)
        expectClose(vit.preprocessing(try steps.picture(0)), try steps["pixels"], "pixels", tolerance: 0)
    }

    @Test("patches, class token and positions are transformers'", arguments: models)
    func embeddings(name: String) throws {
        let (vit, steps) = try load(name)
        expectClose(vit.embeddings(try steps["pixels"]), try steps["embeddings"], "embeddings")
    }

    @Test("each layer is transformers'", arguments: models)
    func layers(name: String) throws {
        let (vit, steps) = try load(name)
        var x = try steps["embeddings"]
        for (i, layer) in vit.layers.enumerated() {
            expectClose(layer(x), try steps["layer.\(i)"], "layer \(i)")
            x = try steps["layer.\(i)"]
        }
        expectClose(vit.norm(x), try steps["last_hidden_state"], "last")
    }

    @Test("classes, logits and probabilities are transformers', best first", arguments: models)
    func classes(name: String) throws {
        let (vit, steps) = try load(name)
        #expect(
            vit.classes
                == (name == "tiny"
                    ? ["cat", "dog", "tench, Tinca tinca", "dog", "Zürich"]
                    : ["LABEL_0", "LABEL_1", "LABEL_2"]))
        let answers = vit.classify(try vit.encode(try steps.picture(0)))
        let (logits, scores) = (try steps["logits"].array, try steps["probabilities"].array)
        let order = logits.indices.sorted { logits[$0] > logits[$1] }
        #expect(answers.map(\.className) == order.map { vit.classes[$0] })
        expectClose(
            Tensor(answers.map(\.logit), [order.count]), Tensor(order.map { logits[$0] }, [order.count]),
            "logits")
        expectClose(
            Tensor(answers.map(\.score), [order.count]), Tensor(order.map { scores[$0] }, [order.count]),
            "scores")
    }

    @Test("the tensors to compare are transformers', from a picture and from pixel values", arguments: models)
    func tensors(name: String) throws {
        let (vit, steps) = try load(name)
        let pixels = try steps["pixels"].transposed([0, 3, 1, 2])
        for tensors in [try vit.tensors(try steps.picture(0)), try vit.tensors(pixelValues: pixels)] {
            let named = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
            #expect(named.count == 3)
            expectClose(try #require(named["pixel_values"]), pixels, "pixel_values", tolerance: 0)
            expectClose(
                try #require(named["last_hidden_state"]), try steps["last_hidden_state"], "last_hidden_state")
            expectClose(try #require(named["logits"]), try steps["logits"], "logits")
        }
        #expect(throws: TensorsError.pixelValues(found: [1, 3, 2, 2], expected: pixels.shape)) {
            try vit.tensors(pixelValues: .zeros([1, 3, 2, 2]))
        }
    }

    @Test("an encoding that was kept answers the same, another model's is refused")
    func keptEncoding() throws {
        let (vit, steps) = try load("tiny")
        let encoding = try vit.encode(try steps.picture(0))
        let tensors = Dictionary(uniqueKeysWithValues: vit.tensors(of: encoding))
        let size = Size(width: 47, height: 33)
        #expect(vit.classify(try vit.encoding(from: tensors, size: size)) == vit.classify(encoding))
        let (other, _) = try load("odd")
        #expect(throws: TensorsError.encoding(expected: "finite numbers [14]", found: "[24]")) {
            try other.encoding(from: tensors, size: size)
        }
        #expect(throws: TensorsError.encoding(expected: "finite numbers [14]", found: "none")) {
            try other.encoding(from: [:], size: size)
        }
        #expect(throws: TensorsError.self) {
            try vit.encoding(from: ["embedding": Tensor(repeating: .nan, [24])], size: size)
        }
        #expect(vit.preprocessingKey != other.preprocessingKey)
    }

    @Test("encoding from a task gives the same numbers, and stops when the task is cancelled")
    func tasks() async throws {
        let (vit, steps) = try load("tiny")
        let picture = try steps.picture(0)
        let encoding = try vit.encode(picture)
        expectClose(vit.logits(encoding.embedding), try steps["logits"][leading: 0], "logits")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try vit.encode(picture)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(
        "a configuration value we do not support is refused by name",
        arguments: [
            ("\"model_type\": \"vit\"", "\"model_type\": \"clip\"", "model_type is \"clip\""),
            ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"gelu_new\"", "hidden_act"),
            ("\"patch_size\": 4", "\"patch_size\": 3", "image_size"),
            ("\"num_attention_heads\": 3", "\"num_attention_heads\": 5", "num_attention_heads"),
            ("\"0\": \"cat\"", "\"7\": \"cat\"", "id2label"),
            ("\"0\": \"cat\"", "\"1\": \"cat\"", "config.json"),
            ("\"num_channels\": 3", "\"num_channels\": 1", "num_channels"),
            ("\"image_size\": 20", "\"image_size\": [20, 24]", "image_size"),
        ])
    func configurationValues(old: String, new: String, words: String) throws {
        try ModelCopy.with(ViTGolden.folder.appending(path: "tiny")) { copy in
            try copy.replace(old, with: new, in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try ViT(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "config.value" && error?.description.contains(words) == true, "\(error as Any)"
            )
        }
    }

    @Test("weights of another number of classes are refused with both shapes")
    func otherClasses() throws {
        try ModelCopy.with(ViTGolden.folder.appending(path: "odd")) { copy in
            try copy.replace("\"2\": \"LABEL_2\"", with: "\"2\": \"a\", \"3\": \"b\"", in: "config.json")
            let error = #expect(throws: WeightsError.self) {
                try ViT(contentsOf: copy.folder, precision: .float32)
            }
            #expect(
                error?.code == "weights.shape"
                    && error?.description.contains("classifier.weight is [3, 14], expected [4, 14]") == true)
        }
    }
}
