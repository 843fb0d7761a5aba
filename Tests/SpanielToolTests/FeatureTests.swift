import Foundation
import SpanielJSON
import SpanielTestSupport
import Testing

/// `--features`: DINOv2 tells objects apart, SAM draws them. The tiny DINOv2 finds nonsense, in the right form.
@Suite("Features of another model")
struct FeatureOptionTests {
    private static let boot = [
        "--example", "boot=\(Tool.example("boot.jpg"))#\(Tool.example("boot-mask.png"))",
    ]
    private static let tiny = [
        "--features", TinyModels.dinov2, "--feature-layers", "1", "--feature-size", "112",
    ]
    private let scratch: ScratchFolder
    private let scene = Tool.example("shelf.jpg")

    init() throws { scratch = try ScratchFolder() }

    private func find(_ words: [String]...) throws -> Tool.Run {
        try Tool.run(["find", scene, "--json"] + words.flatMap(\.self))
    }

    @Test("records name the features with digest and settings; a summary and an explanation name them")
    func named() throws {
        let run = try find(Self.boot, Self.tiny, ["--single"])
        #expect(run.status == 0 && run.messages.isEmpty)
        let record = try #require(try run.records.first)
        #expect(record["features"]?["name"]?.string == "registers")
        #expect(record["features"]?["sha256"]?.string?.count == 64)
        #expect(record["features"]?["settings"]?.string == "layer 1, 112 pixels, positions removed")
        #expect(record["objects"]?.array?.count == 1)
        #expect(record["milliseconds"]?["features"] != nil)
        let words = try Tool.run(
            ["find", scene, "--single", "--explain", scratch("why")] + Self.boot + Self.tiny)
        #expect(words.output.contains("1 object by registers, "))
        let page = try scratch.paths.filter { $0.hasPrefix("why/") }.map {
            try String(contentsOfFile: scratch($0), encoding: .utf8)
        }
        #expect(page.count == 1 && page[0].contains("by the features of <bdi>registers</bdi>"))
    }

    @Test("--features sam is what find does without it")
    func own() throws {
        let (plain, named) = (try find(Self.boot), try find(Self.boot, ["--features", "sam"]))
        func withoutTimes(_ run: Tool.Run) throws -> [String] {
            try run.records.map { record in
                var record = record
                record["milliseconds"] = nil
                return record.text()
            }
        }
        #expect(try withoutTimes(named) == withoutTimes(plain))
        #expect(try plain.records[0]["features"] == nil)
    }

    @Test("what was learnt with features finds the same with them, and is refused with others")
    func concepts() throws {
        let file = scratch("boot.concept")
        let learn = try Tool.run(["learn", "--for", "find", "-o", file] + Self.boot + Self.tiny)
        #expect(learn.status == 0)
        let found = try find(["--concept", file], Self.tiny, ["--single"])
        #expect(try found.objects == find(Self.boot, Self.tiny, ["--single"]).objects)
        let without = try find(["--concept", file])
        #expect(without.status == 65)
        #expect(without.messages.contains("layer 1, 112 pixels, positions removed"))
        #expect(without.messages.contains("spaniel learn --for find --example"))
        let deeper = ["--features", TinyModels.dinov2, "--feature-layers", "1,2"]
        let other = try find(["--concept", file], deeper)
        #expect(other.status == 65)
        #expect(
            other.messages.contains(
                "spaniel learn --for find --features \(TinyModels.dinov2) --feature-layers 1,2 --example"))
        let plain = scratch("plain.concept")
        #expect(try Tool.run(["learn", "--for", "find", "-o", plain] + Self.boot).status == 0)
        let added = try find(["--concept", plain], Self.tiny)
        #expect(added.status == 65 && added.messages.contains("--features sam"))
    }

    @Test("labelled pictures teach with features too")
    func labelled() throws {
        let file = scratch("all.concept")
        let truth = "coco:\(Tool.example("truth.coco.json"))"
        let run = try Tool.run(["learn", "--for", "find", "--from", truth, "-o", file] + Self.tiny)
        #expect(run.status == 0)
        #expect(try find(["--concept", file], Self.tiny).status == 0)
    }

    @Test("encodings are kept with --cache, those of other layers apart")
    func cache() throws {
        let folder = scratch("cache")
        let first = try find(Self.boot, Self.tiny, ["--single", "--cache", folder])
        let count = scratch.encodings.count
        let second = try find(Self.boot, Self.tiny, ["--single", "--cache", folder])
        #expect(try first.objects == second.objects)
        #expect(count == 2)
        let other = ["--features", TinyModels.dinov2, "--feature-layers", "2", "--feature-size", "112"]
        #expect(try find(Self.boot, other, ["--single", "--cache", folder]).status == 0)
        #expect(scratch.encodings.count == 3)
    }

    @Test("a worker answers with features as find does")
    func worker() throws {
        let line = #"{"id": 1, "path": "\#(scene)"}"#
        let run = try Tool.run(
            ["worker", "--task", "find", "--precision", "float32", "--single"] + Self.boot + Self.tiny,
            input: line + "\n")
        #expect(run.status == 0)
        let record = try #require(try run.records.first)
        #expect(record["features"]?["settings"]?.string == "layer 1, 112 pixels, positions removed")
    }

    @Test(
        "wrong layers, sizes and models are refused with what there is",
        arguments: [
            (["--feature-layers", "9"], 64, "--features NAME"),
            (["--features", TinyModels.dinov2, "--feature-layers", "9"], 64, "the layers 1 to 2"),
            (["--features", TinyModels.dinov2, "--feature-layers", "last"], 64, "8,9,10"),
            (["--features", TinyModels.dinov2, "--feature-size", "9999"], 64, "9999"),
            (["--features", TinyModels.dinov2, "--faithful"], 64, "--features"),
            (["--features", TinyModels.vit], 65, "DINOv2"),
            (["--features", "no/such/model/folder"], 66, "no/such/model/folder"),
        ])
    func refused(_ words: [String], _ status: Int32, _ text: String) throws {
        let run = try find(Self.boot, words)
        #expect(run.status == status)
        #expect(run.messages.contains(text), "\(run.messages)")
    }

    @Test("the tensors of find are those of its record")
    func tensors() throws {
        let file = scratch("find.safetensors")
        let run = try Tool.run(["tensors", "find", "--image", scene, "-o", file] + Self.boot + Self.tiny)
        #expect(run.status == 0, "\(run.messages)")
    }

    @Test("detect asks features beside OWL-ViT and says whose opinion moved the score more")
    func detect() throws {
        let tiny = ["--features", TinyModels.dinov2, "--feature-layers", "1", "--feature-size", "56"]
        let example = ["--example", "boot=\(Tool.example("boot.jpg"))#box=199,142,451,358"]
        let asked = ["detect", scene, "--json", "--threshold", "0.1"]
        let run = try Tool.run(asked + example + tiny)
        #expect(run.status == 0 && run.messages.isEmpty)
        let record = try #require(try run.records.first)
        #expect(record["features"]?["settings"]?.string == "layer 1, 56 pixels, positions removed")
        let objects = try #require(record["objects"]?.array)
        #expect(!objects.isEmpty)
        for object in objects {
            #expect((0...1).contains(object["scores"]?["features"]?.double ?? -1))
            #expect(["features", "model"].contains(object["decided"]?.string ?? ""))
        }
        let file = scratch("boot.concept")
        #expect(try Tool.run(["learn", "--for", "detect", "-o", file] + example + tiny).status == 0)
        #expect(try Tool.run(asked + ["--concept", file] + tiny).objects == run.objects)
        let without = try Tool.run(asked + ["--concept", file])
        #expect(without.status == 65 && without.messages.contains("spaniel learn --for detect"))
        #expect(try Tool.run(asked + ["--text", "a boot"] + tiny).status == 64)
    }

    @Test("labelled pictures teach detect with features too")
    func labelledDetect() throws {
        let tiny = ["--features", TinyModels.dinov2, "--feature-layers", "1", "--feature-size", "56"]
        let file = scratch("all.concept")
        let truth = "coco:\(Tool.example("truth.coco.json"))"
        let learnt = try Tool.run(["learn", "--for", "detect", "--from", truth, "-o", file] + tiny)
        #expect(learnt.status == 0)
        if learnt.messages.contains("each place is looked at closer") {
            let run = try Tool.run(["detect", scene, "--json", "--concept", file] + tiny)
            #expect(run.status == 0)
            let first = try #require(try run.records.first?["objects"]?.array?.first)
            #expect(first["decided"] != nil && first["scores"]?["closer"] != nil)
        }
        #expect(learnt.messages.contains("closer"))
    }
}
