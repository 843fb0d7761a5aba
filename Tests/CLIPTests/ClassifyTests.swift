import CLIP
import Foundation
import SpanielTestSupport
import Tensor
import SpanielTensors
import Testing

struct ClassifyTests {
    @Test(
        "the tensors to compare are transformers', from a picture and from pixel values",
        arguments: CLIPGolden.all)
    func tensors(golden: CLIPGolden) throws {
        let (clip, steps) = (try golden.model(), try golden.steps())
        let texts = try golden.texts()
        let pixels = try steps["pixels"].transposed([0, 3, 1, 2])
        for tensors in [
            try clip.tensors(try steps.picture(), texts: texts),
            try clip.tensors(pixelValues: pixels, texts: texts),
        ] {
            let named = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
            #expect(named.count == 5)
            expectClose(try #require(named["pixel_values"]), pixels, "pixel_values", tolerance: 0)
            for name in ["input_ids", "image_embeds", "text_embeds", "logits_per_image"] {
                expectClose(try #require(named[name]), try steps[name], name)
            }
        }
        #expect(
            try clip.tensors(pixelValues: pixels, texts: []).map(\.name) == ["pixel_values", "image_embeds"])
        #expect(throws: TensorsError.pixelValues(found: [1, 3, 2, 2], expected: pixels.shape)) {
            try clip.tensors(pixelValues: .zeros([1, 3, 2, 2]), texts: [])
        }
    }

    @Test("the classes come best first, their scores adding up to 1")
    func classify() throws {
        let (clip, steps) = (try CLIPGolden.all[0].model(), try CLIPGolden.all[0].steps())
        let texts = try CLIPGolden.all[0].texts()
        let encoding = try clip.encode(try steps.picture())
        let answers = clip.classify(encoding, as: try clip.embed(texts))
        let logits = try steps["logits_per_image"].array
        #expect(
            answers.map(\.className) == logits.indices.sorted { logits[$0] > logits[$1] }.map { texts[$0] })
        #expect(abs(answers.map(\.score).reduce(0, +) - 1) < 1e-6)
        #expect(clip.classify(encoding, as: []).isEmpty)
        let one = clip.classify(encoding, as: try clip.embed(["dog"]))
        #expect(one.map(\.score) == [1])
    }

    @Test("several templates are the direction between their vectors", arguments: CLIPGolden.all)
    func templates(golden: CLIPGolden) throws {
        let (clip, steps) = (try golden.model(), try golden.steps())
        let templates = ["a photo of a {}.", "two {} on a table"]
        let classes = try clip.embed(["dog", "cat"], templates: templates)
        expectClose(Tensor.stack(classes.map(\.embedding)), try steps["templates"], "templates")
        #expect(classes.map(\.text) == ["dog", "cat"])
        let plain = try clip.embed(["a photo of a dog."])[0].embedding
        expectClose(
            try clip.embed(["dog"], templates: [templates[0]])[0].embedding, plain, "one template",
            tolerance: 1e-6)
        #expect(throws: CLIPError.template("a dog")) { try clip.embed(["dog"], templates: ["{}", "a dog"]) }
    }

    @Test(
        "a text that says nothing is refused, within a template too; one that is too long says that it was cut"
    )
    func texts() throws {
        let clip = try CLIPGolden.all[1].model()
        for templates in [["{}"], ["a photo of a {}."]] {
            #expect(throws: CLIPError.textEmpty) { try clip.embed(["dog", " \n"], templates: templates) }
            #expect(throws: CLIPError.textUnknown("猫 7!")) { try clip.embed(["猫 7!"], templates: templates) }
            #expect(
                try clip.embed(["dog", String(repeating: "a dog ", count: 9)], templates: templates).map(
                    \.wasCut) == [false, true])
        }
    }

    @Test("an encoding that was kept answers the same, another model's is refused")
    func keptEncoding() throws {
        let (clip, steps) = (try CLIPGolden.all[0].model(), try CLIPGolden.all[0].steps())
        let encoding = try clip.encode(try steps.picture())
        let tensors = Dictionary(uniqueKeysWithValues: clip.tensors(of: encoding))
        let size = Size(width: 47, height: 33)
        #expect(try clip.encoding(from: tensors, size: size).embedding.array == encoding.embedding.array)
        let other = try CLIPGolden.all[1].model()
        #expect(throws: TensorsError.encoding(expected: "finite numbers [20]", found: "[12]")) {
            try other.encoding(from: tensors, size: size)
        }
        #expect(throws: TensorsError.encoding(expected: "finite numbers [20]", found: "none")) {
            try other.encoding(from: [:], size: size)
        }
    }

    @Test("encoding from a task gives the same numbers, and stops when the task is cancelled")
    func tasks() async throws {
        let (clip, steps) = (try CLIPGolden.all[0].model(), try CLIPGolden.all[0].steps())
        let picture = try steps.picture()
        expectClose(
            Tensor.stack([try clip.encode(picture).embedding]), try steps["image.projected"],
            "embedding")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try clip.encode(picture)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
