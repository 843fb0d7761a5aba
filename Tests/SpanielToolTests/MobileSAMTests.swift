import Foundation
import SpanielTestSupport
import Tensor
import Testing

/// A tiny MobileSAM where the commands take a SAM.
struct MobileSAMTests {
    private static let model = "\(Tool.root)Tests/Goldens/MobileSAM/tiny"
    private static let sam = "\(Tool.root)Tests/Goldens/SAM/tiny"
    private static let example = "\(Tool.example("boot.jpg"))#\(Tool.example("boot-mask.png"))"
    private static let picture = Tool.example("shelf.jpg")

    @Test(
        "masks from a point, a box, and of everything",
        arguments: [["--point", "300,200"], ["--box", "100,80,300,260"], ["--everything"]])
    func mask(prompt: [String]) throws {
        let run = try Tool.run(["mask", Self.picture, "--model", Self.model, "--json"] + prompt)
        #expect(run.status == 0, "\(run.messages)")
        #expect(try run.records.count == 1)
        // The model has a part in it: a SAM of the same size answers otherwise.
        let other = try Tool.run(["mask", Self.picture, "--model", Self.sam, "--json"] + prompt)
        #expect(try run.objects != other.objects || prompt == ["--everything"])
    }

    @Test("one example finds the same with its encodings from the cache")
    func find() throws {
        let scratch = try ScratchFolder()
        let words = [
            "find", "--example", Self.example, Self.picture, "--model", Self.model, "--threshold", "0.01",
            "--json", "--cache", scratch("cache"),
        ]
        let runs = try (0..<2).map { _ in try Tool.run(words) }
        #expect(runs.allSatisfy { [0, 1].contains($0.status) }, "\(runs[0].messages)")
        #expect(try runs[0].objects == runs[1].objects)
        #expect(!scratch.encodings.isEmpty)
    }

    @Test("its tensors are named as a SAM's")
    func tensors() throws {
        let scratch = try ScratchFolder()
        let run = try Tool.run(
            "tensors", "sam", "--model", Self.model, "--image", Self.picture, "--point", "300,200", "-o",
            scratch("out.safetensors"))
        #expect(run.status == 0, "\(run.messages)")
        let file = try Safetensors(contentsOf: URL(filePath: scratch("out.safetensors")))
        #expect(file.entry("image_embeddings")?.shape == [1, 16, 3, 3])
        #expect(file.entry("low_res_masks") != nil && file.entry("iou_scores") != nil)
    }

    @Test("a command that needs another model says what this one is")
    func wrong() throws {
        let run = try Tool.run("detect", Self.picture, "--text", "a", "--model", Self.model)
        #expect(run.status == 65 && run.messages.contains("MobileSAM"), "\(run.messages)")
    }
}
