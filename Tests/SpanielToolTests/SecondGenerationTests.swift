import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("A SAM 2 wherever a SAM is taken")
struct SecondGenerationTests {
    private let scratch: ScratchFolder
    private let picture: String
    private let example: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
        example = try "square=\(picture)#\(scratch.file("m.png", Files.mask()))"
    }

    private func run(_ arguments: String...) throws -> Tool.Run {
        try Tool.run(arguments + ["--model", TinyModels.sam2, "--precision", "float32"])
    }

    private func scores(_ run: Tool.Run) throws -> [[String]] {
        try run.records.flatMap { $0["objects"]?.array ?? [] }.map { object in
            let presence = try #require(object["scores"]?["presence"]?.double)
            #expect((0...1).contains(presence))
            return object["scores"]?.object?.map(\.key) ?? []
        }
    }

    @Test("a mask's record says how present the object is, and a cache changes nothing")
    func mask() throws {
        let plain = try run("mask", picture, "--point", "20,16", "--json")
        #expect(plain.status == 0 && plain.messages.isEmpty)
        #expect(try scores(plain) == [["iou", "presence"]])
        for _ in 0..<2 {
            let cached = try run(
                "mask", picture, "--point", "20,16", "--json", "--cache", scratch("cache"), "--out",
                scratch("out"))
            #expect(try cached.objects == plain.objects)
        }
        #expect(scratch.encodings.count == 1)
        #expect(scratch.paths.contains("out/a.overlay.png"))
    }

    @Test("everything in a picture is found")
    func everything() throws {
        let found = try run("mask", picture, "--everything", "--threshold", "0.01", "--json")
        #expect(found.status == 0)
        #expect(try scores(found).allSatisfy { $0 == ["iou", "presence"] })
    }

    @Test("an example finds, and what was learnt finds the same; the original's arithmetic is refused")
    func find() throws {
        let found = try run("find", "--example", example, picture, "--single", "--json")
        #expect(found.status == 0)
        #expect(try scores(found) == [["similarity", "iou", "presence"]])
        let concept = scratch("square.concept")
        #expect(try run("learn", "--for", "find", "--example", example, "-o", concept).status == 0)
        let again = try run("find", "--concept", concept, picture, "--single", "--json")
        #expect(try again.objects == found.objects)
        let refused = try run("find", "--example", example, picture, "--faithful", "--json")
        #expect(refused.status == 65 && refused.output.isEmpty)
        #expect(refused.messages.contains("is a SAM 2") && refused.messages.contains("leave out --faithful"))
    }

    @Test("boxes found by words get its masks, and a worker answers points")
    func others() throws {
        let masked = try Tool.run(
            "detect", picture, "--model", TinyModels.owlvit, "--text", "ab", "--threshold", "0",
            "--with-masks",
            "--sam-model", TinyModels.sam2, "--json")
        #expect(masked.status == 0)
        let worker = try Tool.run(
            "worker", "--task", "mask", "--precision", "float32", "--model", TinyModels.sam2,
            input: "{\"id\":1,\"path\":\"\(picture)\",\"points\":[[20,16]]}\n")
        #expect(worker.status == 0)
        #expect(try scores(worker) == [["iou", "presence"]])
    }

    @Test("its tensors have transformers' names, and those of a SAM are refused")
    func tensors() throws {
        let file = scratch("t.safetensors")
        let written = try run("tensors", "sam2", "--image", picture, "--point", "20,16", "-o", file)
        #expect(written.status == 0)
        let tensors = try Safetensors(contentsOf: URL(filePath: file))
        let names = [
            "high_res_features.0", "high_res_features.1", "image_embeddings", "iou_scores", "low_res_masks",
            "object_score_logits", "pixel_values",
        ]
        #expect(tensors.entries.map(\.name).sorted() == names)
        #expect(tensors.entry("high_res_features.0")?.shape == [1, 2, 16, 16])
        #expect(tensors.entry("object_score_logits")?.shape == [1, 1, 1])
        let refused = try Tool.run(
            "tensors", "sam2", "--model", "sam-nano", "--image", picture, "-o", scratch("u.safetensors"))
        #expect(refused.status == 65 && refused.messages.contains("needs SAM 2"))
    }
}
