import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("Where results go")
struct OutputPlaceTests {
    private let scratch: ScratchFolder
    private let picture: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
    }

    private func mask(_ arguments: String..., standardOutput: FileHandle? = nil) throws -> Tool.Run {
        try Tool.run(["mask", picture, "--point", "20,16"] + arguments, standardOutput: standardOutput)
    }

    @Test("an overlay and a mask for each object, under names that tell pictures of one name apart")
    func files() throws {
        let other = try scratch.file("b/a.png", Files.png)
        let run = try Tool.run("mask", picture, other, "--point", "20,16", "--out", scratch("new/out"))
        #expect(run.status == 0)
        #expect(
            scratch.paths.filter { $0.hasPrefix("new/out/") } == [
                "new/out/a-2.1.object.mask.png", "new/out/a-2.overlay.png", "new/out/a.1.object.mask.png",
                "new/out/a.overlay.png",
            ])
        #expect(run.output.contains("wrote \(scratch("new/out/a.overlay.png")) and 1 mask"))
    }

    @Test("a record holds what the contract says, and its mask is the picture's size")
    func record() throws {
        let run = try mask("--json")
        #expect(run.status == 0)
        #expect(run.messages.isEmpty)
        let record = try #require(try run.records.first)
        #expect(try run.records.count == 1)
        #expect(
            record.object?.map(\.key) == [
                "schema", "image", "width", "height", "task", "model", "precision", "isa", "objects",
                "milliseconds",
            ])
        #expect(record["schema"]?.int == 1)
        #expect(record["image"]?.string == picture)
        #expect(record["task"]?.string == "mask")
        #expect(record["model"]?["name"]?.string == "sam-nano")
        #expect(record["model"]?["sha256"]?.string?.count == 64)
        #expect(record["isa"]?.string?.isEmpty == false)
        #expect(record["precision"]?.string == "float32")
        let object = try #require(record["objects"]?[0])
        #expect(object.object?.map(\.key) == ["class", "score", "scores", "box", "area", "mask"])
        #expect(object["mask"]?["size"]?.array?.compactMap(\.int) == [48, 64])
        #expect((0...1).contains(try #require(object["score"]?.double)))
        #expect(record["milliseconds"]?.object?.map(\.key) == ["read", "encode", "prompt"])
    }

    @Test("a place that cannot be written to ends with 73 before any picture is read")
    func unwritable() throws {
        let file = try scratch.file("file")
        for place in [file, "\(file)/below", "/proc/spaniel"] {
            let run = try mask("--out", place, "--json")
            #expect(run.status == 73, "\(place): \(run.messages)")
            #expect(run.output.isEmpty)
            #expect(run.messages.contains(place))
        }
        #expect(try mask("--export", "coco:\(file)/all.json").status == 73)
        #expect(try mask("--export", "coco:\(scratch.path)").status == 73)
    }

    @Test("with a cache the second run gives the same masks, and a damaged file of it is computed again")
    func cache() throws {
        func masks() throws -> [String?] {
            let run = try mask("--json", "--cache", scratch("cache"))
            #expect(run.status == 0)
            return try run.records.map { $0["objects"]?.text() }
        }
        let first = try masks()
        #expect(try first == mask("--json").records.map { $0["objects"]?.text() })
        let kept = scratch.encodings
        #expect(kept.count == 1)
        #expect(try masks() == first)
        try scratch.write(kept[0], "not what it was".utf8)
        #expect(try masks() == first)
        #expect(scratch.encodings == kept)
        #expect(try mask("--cache", picture).status == 73)
    }

    @Test("a file of the cache whose numbers were changed is not believed")
    func changedCache() throws {
        let first = try mask("--json", "--cache", scratch("cache"))
        let kept = try #require(scratch.encodings.first)
        let whole = try [UInt8](Data(contentsOf: URL(filePath: scratch(kept))))
        var changed = whole
        changed[whole.count - 101] ^= 0x40  // still a whole safetensors file
        try scratch.write(kept, changed)
        let again = try mask("--json", "--cache", scratch("cache"))
        #expect(
            try again.records.map { $0["objects"]?.text() } == first.records.map { $0["objects"]?.text() })
        #expect(try [UInt8](Data(contentsOf: URL(filePath: scratch(kept)))) == whole)
    }

    @Test("an encoding kept with one preprocessing is not taken for one with another")
    func preprocessingCache() throws {
        let model = scratch("model")
        try FileManager.default.copyItem(atPath: "\(Tool.root)Weights/sam-nano", toPath: model)
        func masks(_ extra: String...) throws -> String? {
            try Tool.run(["mask", picture, "--point", "20,16", "--json", "--model", model] + extra).records
                .first?["objects"]?.text()
        }
        let before = try masks("--cache", scratch("cache"))
        let file = "\(model)/preprocessor_config.json"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let other = text.replacingOccurrences(of: "0.485", with: "0.1")
        #expect(other != text)
        try other.write(toFile: file, atomically: false, encoding: .utf8)
        let after = try masks("--cache", scratch("cache"))
        #expect(after != before)
        #expect(try after == masks())
    }

    @Test("a full disk ends with 73", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func full() throws {
        #expect(try mask("--export", "coco:/dev/full").status == 73)
        #expect(try mask("--json", standardOutput: FileHandle(forWritingAtPath: "/dev/full")).status == 73)
    }

    @Test("when the reader of the results has gone the run ends quietly")
    func brokenPipe() throws {
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let run = try mask("--json", standardOutput: pipe.fileHandleForWriting)
        #expect(run.status == 73)
        #expect(run.messages.isEmpty)
    }

    @Test("an interruption ends with 130 and leaves whole files only")
    func interruption() throws {
        let list = try scratch.file(
            "list.txt", Array(repeating: picture, count: 2000).joined(separator: "\n").utf8)
        let process = Tool.process([
            "mask", "@\(list)", "--point", "20,16", "--json", "--out", scratch("out"), "--export",
            "coco:\(scratch("all.json"))",
        ])
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var output = pipe.fileHandleForReading.availableData  // the first record: the work has begun
        process.interrupt()
        output += pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 130)
        #expect(output.last == UInt8(ascii: "\n"))
        let records = try output.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: $0) }
        #expect((1..<2000).contains(records.count))
        let written = scratch.paths.filter { $0.hasPrefix("out/") }
        #expect(written.filter { $0.hasSuffix(".overlay.png") }.count == records.count)
        #expect(written.allSatisfy { $0.hasSuffix(".png") })
        let export = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: scratch("all.json")))))
        #expect(export["images"]?.array?.count == records.count)
    }

    @Test(
        "each model's tensors have their names, from a picture and from the pixel values of that file, which say the same"
    )
    func everyModel() throws {
        let cases: [(kind: String, model: String, words: Bool, names: [String])] = [
            ("vit", TinyModels.vit, false, ["pixel_values", "last_hidden_state", "logits"]),
            ("dinov2", TinyModels.dinov2, false, ["pixel_values", "last_hidden_state"]),
            (
                "clip", TinyModels.clip, true,
                ["pixel_values", "input_ids", "image_embeds", "text_embeds", "logits_per_image"]
            ),
            (
                "clipseg", TinyModels.clipseg, true,
                ["pixel_values", "input_ids", "conditional_embeddings", "logits"]
            ),
            (
                "owlvit", TinyModels.owlvit, true,
                ["pixel_values", "input_ids", "text_embeds", "logits", "pred_boxes", "class_embeds"]
            ),
            (
                "owlvit", TinyModels.owlv2, true,
                [
                    "pixel_values", "input_ids", "text_embeds", "logits", "pred_boxes", "class_embeds",
                    "objectness_logits",
                ]
            ),
        ]
        for (kind, model, words, names) in cases {
            let (first, second) = (scratch("first.safetensors"), scratch("second.safetensors"))
            let rest =
                ["--model", model, "--precision", "float32"]
                + (words ? ["--text", "ab", "--text", "cd"] : [])
            let run = try Tool.run(["tensors", kind, "--image", picture, "-o", first] + rest)
            #expect(run.status == 0, "\(kind): \(run.messages)")
            let one = try Safetensors(contentsOf: URL(filePath: first))
            #expect(Set(one.entries.map { $0.name }) == Set(names), "\(kind)")
            #expect(
                try Tool.run(["tensors", kind, "--pixel-values", first, "-o", second] + rest).status == 0)
            let other = try Safetensors(contentsOf: URL(filePath: second))
            for entry in one.entries {
                #expect(
                    try one.tensor(entry).array == other.tensor(#require(other.entry(entry.name))).array,
                    "\(kind) \(entry.name)")
            }
            #expect(
                try Tool.run(
                    ["tensors", kind, "--image", picture, "-o", second, "--model", "sam-nano"]
                        + rest.dropFirst(2)
                ).status == 65)
        }
        #expect(
            try Tool.run("tensors", "vit", "--image", picture, "--text", "ab", "-o", scratch("x")).status
                == 64)
        #expect(
            try Tool.run("tensors", "vit", "--image", picture, "--layer", "1", "-o", scratch("x")).status
                == 64)
        #expect(try Tool.run("tensors", "clipseg", "--image", picture, "-o", scratch("x")).status == 64)
        #expect(
            try Tool.run("tensors", "clip", "--image", picture, "--point", "1,1", "-o", scratch("x")).status
                == 64)
    }

    @Test("DINOv2's layers are written by number, and one that is not there writes nothing")
    func layers() throws {
        let out = scratch("layers.safetensors")
        let rest = ["tensors", "dinov2", "--model", TinyModels.dinov2, "--image", picture, "-o", out]
        #expect(try Tool.run(rest + ["--layer", "1", "--layer", "2"]).status == 0)
        let names = try Safetensors(contentsOf: URL(filePath: out)).entries.map { $0.name }
        #expect(Set(names) == ["pixel_values", "last_hidden_state", "layers.1", "layers.2"])
        try FileManager.default.removeItem(atPath: out)
        let beyond = try Tool.run(rest + ["--layer", "3"])
        #expect(beyond.status == 65 && beyond.messages.contains("the layers 1 to 2, and no layer 3"))
        for layer in ["0", "one", "99999999999999999999"] {
            #expect(try Tool.run(rest + ["--layer", layer]).status == 64)
        }
        let whole = scratch("odd.safetensors")
        try Safetensors.write(
            [("pixel_values", .zeros([1, 3, 6, 8]))], metadata: [:], to: URL(filePath: whole))
        let odd = try Tool.run(
            "tensors", "dinov2", "--model", TinyModels.dinov2, "--pixel-values", whole, "-o", out)
        #expect(odd.status == 65 && odd.messages.contains("a multiple of the patch, 4"))
        #expect(!scratch.paths.contains("layers.safetensors"))
    }

    @Test("tensors go to a file that appears whole, or not at all")
    func tensors() throws {
        let out = scratch("t/out.safetensors")
        #expect(
            try Tool.run("tensors", "sam", "--image", picture, "--point", "20,16", "--multimask", "-o", out)
                .status == 0)
        let header = try Data(contentsOf: URL(filePath: out)).dropFirst(8).prefix(600)
        for name in ["pixel_values", "image_embeddings", "low_res_masks", "iou_scores"] {
            #expect(header.range(of: Data(name.utf8)) != nil)
        }
        #expect(
            try Tool.run("tensors", "sam", "--image", "/no/a.png", "-o", scratch("none.safetensors")).status
                == 66)
        #expect(try Tool.run("tensors", "sam", "--image", picture, "-o", "/proc/x.safetensors").status == 73)
        #expect(!scratch.paths.contains("none.safetensors"))
        let again = scratch("again.safetensors")
        #expect(
            try Tool.run("tensors", "sam", "--pixel-values", out, "--point", "20,16", "-o", again).status == 0
        )
        let text = try scratch.file("text.safetensors", "no tensors".utf8)
        #expect(try Tool.run("tensors", "sam", "--pixel-values", text, "-o", again).status == 65)
    }
}
