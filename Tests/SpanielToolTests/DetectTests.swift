import Foundation
import PerSAM
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Detecting by words and examples")
struct DetectTests {
    private let scratch: ScratchFolder
    private let picture: String
    private let example: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
        example = "x=\(picture)#box=16,12,32,24"
    }

    private func detect(_ arguments: String..., model: String = TinyModels.owlvit) throws -> Tool.Run {
        try Tool.run(["detect", picture, "--model", model, "--json"] + arguments)
    }

    @Test(
        "a record holds boxes in the picture, without masks, with the sigmoid and the logit",
        arguments: [TinyModels.owlvit, TinyModels.owlv2])
    func record(_ model: String) throws {
        let run = try detect("--text", "ab", "--threshold", "0", model: model)
        #expect(run.status == 0, "\(run.messages)")
        let record = try #require(try run.records.first)
        #expect(record["task"]?.string == "detect")
        let objects = try #require(record["objects"]?.array)
        #expect(!objects.isEmpty)
        for object in objects {
            #expect(object.object?.map(\.key) == ["class", "score", "scores", "box", "area"])
            let scores = try #require(object["scores"])
            let sigmoid = try #require(scores["sigmoid"]?.double)
            let logit = try #require(scores["logit"]?.double)
            #expect(abs(sigmoid - 1 / (1 + exp(-logit))) < 1e-5)
            #expect((scores["objectness"] != nil) == (model == TinyModels.owlv2))
            let box = (object["box"]?.array ?? []).compactMap(\.double)
            try #require(box.count == 4)
            #expect(
                box[0] >= 0 && box[1] >= 0 && box[2] <= 64 && box[3] <= 48 && box[0] < box[2]
                    && box[1] < box[3])
        }
        let scores = objects.compactMap { $0["score"]?.double }
        #expect(scores == scores.sorted(by: >))
    }

    @Test("at most so many objects, thresholds for all or by class, and less overlap asked for leaves fewer")
    func options() throws {
        func count(_ arguments: String...) throws -> Int {
            let run = try Tool.run(
                ["detect", picture, "--model", TinyModels.owlvit, "--json", "--text", "ab", "--text", "cd"]
                    + arguments)
            #expect(run.status == 0, "\(run.messages)")
            return try #require(try run.records[0]["objects"]?.array?.count)
        }
        let all = try count("--threshold", "0", "--nms", "1")
        #expect(try count("--threshold", "0", "--nms", "1", "--max-objects", "2") == 2)
        let apart = try count("--threshold", "0", "--nms", "0.1")
        #expect(apart <= all)
        #expect(try count("--threshold", "0", "--nms", "0.1", "--class-free") <= apart)
        #expect(try count("--threshold", "1") == 0)
        #expect(try count("--threshold", "ab=1", "--threshold", "cd=1", "--threshold", "0") == 0)
        #expect(try count("--threshold", "0", "--prep", "padded", "--tiles", "2") > 0)
        for wrong in [
            ["--nms", "2"], ["--tiles", "0"], ["--prep", "cut"], ["--selection", "iou"],
            ["--sam-model", "sam-nano"],
        ] {
            #expect(try Tool.run(["detect", picture, "--text", "ab"] + wrong).status == 64, "\(wrong)")
        }
    }

    @Test("nothing above the threshold is an answer, with how near it came")
    func nothing() throws {
        let record = try detect("--text", "ab", "--threshold", "1").records[0]
        #expect(record["objects"]?.array?.isEmpty == true)
        #expect(record["absent"]?[0]?["class"]?.string == "ab")
        #expect(record["absent"]?[0]?["threshold"]?.double == 1)
        let words = try Tool.run(
            "detect", picture, "--model", TinyModels.owlvit, "--text", "ab", "--threshold", "1")
        #expect(words.output.contains("nothing here: best 0.") && words.output.contains("(below 1.00)"))
    }

    @Test("with masks, each box has SAM's, and the record names both models")
    func masks() throws {
        let run = try detect("--text", "ab", "--threshold", "0", "--with-masks", "--out", scratch("out"))
        #expect(run.status == 0, "\(run.messages)")
        let record = try run.records[0]
        #expect(record["sam_model"]?["name"]?.string == "sam-nano")
        let masked = record["objects"]?.array?.filter { $0["mask"] != nil } ?? []
        for object in masked {
            #expect(
                object["scores"]?["iou"] != nil
                    && object["mask"]?["size"]?.array?.compactMap(\.int) == [48, 64])
        }
        #expect(scratch.paths.filter { $0.hasSuffix(".mask.png") }.count == masked.count)
        #expect(try detect("--text", "ab", "--with-masks", "--sam-model", TinyModels.owlvit).status == 65)
    }

    @Test("boxes alone go to overlays and to a COCO file, and no mask is written")
    func outputs() throws {
        let all = scratch("all.json")
        let run = try detect(
            "--text", "ab", "--threshold", "0", "--out", scratch("out"), "--export", "coco:\(all)")
        #expect(run.status == 0)
        #expect(scratch.paths.filter { $0.hasPrefix("out/") } == ["out/a.overlay.png"])
        let drawn = try Picture(contentsOf: URL(filePath: scratch("out/a.overlay.png")))
        #expect(drawn != Files.picture())
        let coco = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: all))))
        let count = try run.records[0]["objects"]?.array?.count
        #expect(coco["annotations"]?.array?.count == count)
        #expect(
            coco["annotations"]?.array?.allSatisfy { $0["segmentation"] == nil && $0["bbox"] != nil } == true)
    }

    @Test(
        "examples are boxes, masks, polygons, points or whole pictures, each selection is a way to take them, negatives count against them"
    )
    func examples() throws {
        let mask = try scratch.file("mask.png", Files.mask())
        for region in ["#box=16,12,32,24", "#\(mask)", "#polygon=16,12,32,12,32,24", "#point=20,16", ""] {
            let run = try detect("--example", "x=\(picture)\(region)", "--threshold", "0", "--quiet")
            #expect(run.status == 0, "\(region): \(run.messages)")
            #expect(try run.records[0]["objects"]?[0]?["scores"]?["similarity"] != nil)
        }
        #expect(
            try detect(
                "--example", example, "--selection", "published", "--text", "x=ab", "--negative",
                "\(picture)#box=40,30,60,46"
            )
            .status == 0)
        #expect(
            try detect("--example", example, "--selection", "objectness", model: TinyModels.owlv2).status == 0
        )
        let none = try detect("--example", example, "--selection", "objectness")
        #expect(none.status == 65)
        #expect(none.messages.contains("objectness"))
        #expect(try detect("--text", "ab", "--negative", "\(picture)#box=40,30,60,46").status == 0)
        let outside = try detect("--example", "\(picture)#box=160,12,320,24")
        #expect(outside.status == 65)
        #expect(outside.messages.contains("a.png") && outside.messages.contains("64×48"))
    }

    @Test("with a cache, other texts are asked of the same file, and other preparations of other files")
    func cache() throws {
        func run(_ arguments: String...) throws -> Tool.Run {
            try Tool.run(
                [
                    "detect", picture, "--model", TinyModels.owlvit, "--json", "--threshold", "0", "--cache",
                    scratch("cache"),
                ] + arguments)
        }
        func kept() -> Int { scratch.encodings.count }
        let first = try run("--text", "ab")
        #expect(kept() == 1)
        #expect(try run("--text", "ab").objects == first.objects)
        #expect(try first.objects == detect("--text", "ab", "--threshold", "0").objects)
        #expect(try run("--text", "cd").objects == detect("--text", "cd", "--threshold", "0").objects)
        #expect(kept() == 1)
        #expect(
            try run("--text", "ab", "--prep", "padded").objects
                == detect("--text", "ab", "--threshold", "0", "--prep", "padded").objects)
        #expect(kept() == 2)
        #expect(
            try run("--text", "ab", "--tiles", "2").objects
                == detect("--text", "ab", "--threshold", "0", "--tiles", "2").objects)
        #expect(kept() == 3)
        for file in scratch.paths where file.hasPrefix("cache/") { try scratch.write(file, "gone bad".utf8) }
        #expect(try run("--text", "ab").objects == first.objects)
    }

    @Test(
        "what was learnt and saved says the same as the examples; another task's or another model's concept is refused"
    )
    func concepts() throws {
        let file = scratch("x.concept")
        let sources = ["--example", example, "--text", "x=ab", "--negative", "\(picture)#box=40,30,60,46"]
        let learnt = try Tool.run(
            ["learn", "--for", "detect", "--model", TinyModels.owlvit, "-o", file] + sources)
        #expect(learnt.status == 0, "\(learnt.messages)")
        let direct = try Tool.run(
            ["detect", picture, "--model", TinyModels.owlvit, "--json", "--threshold", "0"] + sources)
        #expect(try detect("--concept", file, "--threshold", "0").objects == direct.objects)
        let other = try detect("--concept", file, model: TinyModels.owlv2)
        #expect(other.status == 65)
        #expect(other.messages.contains("learnt with v1"))
        let segment = try Tool.run("segment", picture, "--model", TinyModels.clipseg, "--concept", file)
        #expect(segment.status == 65)
        #expect(segment.messages.contains("learnt for spaniel detect, not for spaniel segment"))
        #expect(try detect("--concept", file, "--negative", "\(picture)#box=40,30,60,46").status == 64)
        let found = scratch("found.concept")
        #expect(
            try Tool.run(
                "learn", "--for", "find", "--example",
                "\(Tool.example("boot.jpg"))#\(Tool.example("boot-mask.png"))", "-o", found
            ).status == 0)
        let foreign = try detect("--concept", found)
        #expect(foreign.status == 65)
        #expect(foreign.messages.contains("learnt for spaniel find"))
    }

    @Test("every object of a COCO file teaches its class, and texts join it")
    func coco() throws {
        let file = scratch("all.concept")
        let learnt = try Tool.run(
            "learn", "--for", "detect", "--model", TinyModels.owlvit, "--from",
            "coco:\(Tool.example("truth.coco.json"))", "--text",
            "boot=ab", "-o", file, "--quiet")
        #expect(learnt.status == 0, "\(learnt.messages)")
        #expect(try detect("--concept", file, "--threshold", "boot=1").status == 0)
    }

    @Test("a cut text is warned of; a text of nothing is refused; nothing to look for too")
    func texts() throws {
        let long = try detect("--text", String(repeating: "ab cd ", count: 40))
        #expect(long.status == 0, "\(long.messages)")
        #expect(long.messages.contains("longer than the model takes"))
        #expect(try detect("--text", " ").status == 64)
        #expect(try detect().status == 64)
    }

    @Test("a model of another kind is refused with what it is and what is needed")
    func wrongModel() throws {
        let run = try Tool.run("detect", picture, "--text", "ab", "--model", TinyModels.clipseg)
        #expect(run.status == 65)
        #expect(
            run.messages.contains("is a CLIPSeg model")
                && run.messages.contains("spaniel detect needs OWL-ViT or OWLv2"))
        let mask = try Tool.run("mask", picture, "--point", "1,1", "--model", TinyModels.owlv2)
        #expect(mask.status == 65)
        #expect(mask.messages.contains("is an OWLv2 model"))
    }

    @Test("a model that is not here is named with the command that fetches it")
    func noModel() throws {
        let run = try Tool.run(
            "detect", picture, "--text", "ab", "--model", "google/owlvit-base-patch32",
            environment: ["HF_HUB_CACHE": scratch.path])
        #expect(run.status == 69)
        #expect(run.messages.contains("spaniel weights pull google/owlvit-base-patch32"))
    }
}
