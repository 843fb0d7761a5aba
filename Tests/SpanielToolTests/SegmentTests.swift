import Foundation
import PerSAM
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Segmenting by words and examples")
struct SegmentTests {
    private let scratch: ScratchFolder
    private let picture: String
    private let mask: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
        mask = try scratch.file("mask.png", Files.mask())
    }

    private func segment(_ arguments: String...) throws -> Tool.Run {
        try Tool.run(["segment", picture, "--model", TinyModels.clipseg, "--json"] + arguments)
    }

    @Test("a record holds masks with the mean probability inside them")
    func record() throws {
        let run = try segment("--text", "ab", "--threshold", "0")
        #expect(run.status == 0, "\(run.messages)")
        let record = try #require(try run.records.first)
        #expect(record["task"]?.string == "segment")
        #expect(record["model"]?["sha256"]?.string?.count == 64)
        let object = try #require(record["objects"]?[0])
        #expect(object.object?.map(\.key) == ["class", "score", "scores", "box", "area", "mask"])
        #expect(object["class"]?.string == "ab")
        #expect(object["area"]?.int == 64 * 48)  // every pixel is at least 0 probable
        #expect(object["scores"]?["probability"]?.double == object["score"]?.double)
        #expect(record["milliseconds"]?.object?.map(\.key) == ["read", "encode", "prompt"])
    }

    @Test("a pixel belongs to one class, and several texts may feed one")
    func classes() throws {
        let run = try segment("--text", "x=ab", "--text", "x=abc", "--text", "cd", "--threshold", "0")
        let objects = try #require(try run.records[0]["objects"]?.array)
        let names = Set(objects.compactMap { $0["class"]?.string })
        #expect(names.isSubset(of: ["x", "cd"]))
        #expect(objects.compactMap { $0["area"]?.int }.reduce(0, +) <= 64 * 48)
        #expect(
            try segment("--text", "x=ab", "--text", "x=ab", "--threshold", "0").objects
                == segment("--text", "x=ab", "--threshold", "0").objects)
    }

    @Test("an example does without words; mixed with words it counts as much as --mix says")
    func mix() throws {
        let example = "x=\(picture)#\(mask)"
        let shown = try segment("--example", example, "--threshold", "0.3")
        #expect(shown.status == 0, "\(shown.messages)")
        let said = try segment("--text", "x=ab", "--threshold", "0.3")
        func mixed(_ weight: String) throws -> Tool.Run {
            try segment(
                "--text", "x=ab", "--example", example, "--mix", weight, "--threshold", "0.3", "--scores",
                scratch("s\(weight)"))
        }
        #expect(try mixed("1").objects == shown.objects)
        #expect(try mixed("0").objects == said.objects)
        _ = try mixed("0.5")
        let maps = try ["0", "0.5", "1"].map {
            try Data(contentsOf: URL(filePath: scratch("s\($0)/a.1.x.scores.png")))
        }
        #expect(Set(maps).count == 3)
        #expect(try segment("--text", "ab", "--example", "\(picture)#\(mask)", "--mix", "0.5").status == 64)
        #expect(try segment("--text", "ab", "--mix", "0.5").status == 64)
        #expect(try segment("--text", "x=ab", "--example", example, "--mix", "1.5").status == 64)
    }

    @Test("an example whose class no text shares is a class of its own, and a note says so")
    func strayExample() throws {
        let run = try segment("--text", "ab", "--example", "\(picture)#\(mask)", "--threshold", "0")
        #expect(run.status == 0)
        #expect(run.messages.contains("--example \"ab=IMG"))
        #expect(try segment("--text", "ab", "--example", "\(picture)#\(mask)", "--quiet").messages.isEmpty)
    }

    @Test(
        "boxes, polygons and whole pictures are examples too; a point is not, and neither is a region that is not there"
    )
    func regions() throws {
        for region in ["#box=16,12,32,24", "#polygon=16,12,32,12,32,24", ""] {
            let run = try segment("--example", picture + region, "--rotations")
            #expect(run.status == 0, "\(region): \(run.messages)")
        }
        for (region, word) in [
            ("#point=20,16", "point"), ("#box=160,12,320,24", "box"),
            ("#polygon=90,90,99,90,99,99", "polygon"),
        ] {
            let run = try segment("--example", picture + region)
            #expect(run.status == 65)
            #expect(run.messages.contains(word) && run.messages.contains("a.png"))
            #expect(run.output.isEmpty)
        }
    }

    @Test("what a negative shows competes for the pixels and is not in the results")
    func negatives() throws {
        let without = try segment("--text", "ab", "--threshold", "0")
        let with = try segment("--text", "ab", "--negative", "\(picture)#\(mask)", "--threshold", "0")
        #expect(with.status == 0)
        func area(_ run: Tool.Run) throws -> Int {
            try run.records[0]["objects"]?.array?.compactMap { $0["area"]?.int }.reduce(0, +) ?? 0
        }
        #expect(try area(with) <= area(without))
        #expect(try with.records[0]["objects"]?.array?.allSatisfy { $0["class"]?.string == "ab" } == true)
    }

    @Test("nothing above the threshold is an answer, with how near it came")
    func nothing() throws {
        let run = try segment("--text", "ab", "--text", "cd", "--threshold", "1")
        #expect(run.status == 0)
        let record = try run.records[0]
        #expect(record["objects"]?.array?.isEmpty == true)
        #expect(record["absent"]?.array?.compactMap { $0["class"]?.string } == ["ab", "cd"])
        let best = try #require(record["absent"]?[0]?["best"]?.double)
        #expect(best > 0 && best < 1)
        let words = try Tool.run(
            "segment", picture, "--model", TinyModels.clipseg, "--text", "ab", "--threshold", "1")
        #expect(words.output.contains("nothing here: best 0.") && words.output.contains("(below 1.00)"))
        #expect(try segment("--text", "ab", "--threshold", "dog=0.3").status == 64)
    }

    @Test("probabilities are 16-bit pictures of the picture's size, whose mean inside the mask is the score")
    func scores() throws {
        let run = try segment(
            "--text", "ab", "--text", "x/y=cd", "--threshold", "0", "--scores", scratch("scores"))
        #expect(run.status == 0)
        #expect(
            scratch.paths.filter { $0.hasPrefix("scores/") } == [
                "scores/a.1.ab.scores.png", "scores/a.2.x_y.scores.png",
            ])
        let alone = try segment("--text", "ab", "--threshold", "0")
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: scratch("scores/a.1.ab.scores.png"))))
        let bitmap = try Bitmap(bytes, name: "scores")
        #expect(bitmap.width == 64 && bitmap.height == 48 && bitmap.depth == 16)
        let values = bitmap.bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }  // native order
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count) / 65535
        let score = try #require(try alone.records[0]["objects"]?[0]?["score"]?.double)
        #expect(abs(mean - score) < 1e-4)
        #expect(try segment("--text", "ab", "--scores", scratch.file("file")).status == 73)
    }

    @Test(
        "--refine has SAM draw each mask, and says how much SAM's is like the rough one; --edges needs no model"
    )
    func refine() throws {
        let run = try segment("--text", "ab", "--threshold", "0.4", "--refine")
        #expect(run.status == 0, "\(run.messages)")
        let record = try run.records[0]
        #expect(record["sam_model"]?["name"]?.string == "sam-nano")
        for object in record["objects"]?.array ?? [] {
            #expect(object["scores"]?.object?.map(\.key) == ["probability", "iou", "overlap"])
            #expect(object["mask"]?["size"]?.array?.compactMap(\.int) == [48, 64])
        }
        #expect(try segment("--text", "ab", "--refine", "--sam-model", TinyModels.clipseg).status == 65)
        #expect(try segment("--text", "ab", "--sam-model", "sam-nano").status == 64)
        #expect(try segment("--text", "ab", "--threshold", "0.4", "--edges").status == 0)
    }

    @Test("overlays, masks and a COCO file hold what was found")
    func outputs() throws {
        let all = scratch("all.json")
        let run = try segment(
            "--text", "ab", "--text", "cd", "--threshold", "0", "--out", scratch("out"), "--export",
            "coco:\(all)")
        #expect(run.status == 0)
        let count = try #require(try run.records[0]["objects"]?.array?.count)
        #expect(scratch.paths.filter { $0.hasSuffix(".overlay.png") } == ["out/a.overlay.png"])
        #expect(scratch.paths.filter { $0.hasSuffix(".mask.png") }.count == count)
        let coco = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: all))))
        #expect(coco["annotations"]?.array?.count == count)
        #expect(coco["annotations"]?.array?.allSatisfy { $0["segmentation"] != nil } == true)
        #expect(coco["categories"]?.array?.compactMap { $0["name"]?.string } == ["ab", "cd"])
    }

    @Test("a cut text is warned of; a text of nothing, or of nothing the model knows, is refused")
    func texts() throws {
        let long = try segment("--text", String(repeating: "ab cd ", count: 40))
        #expect(long.status == 0)
        #expect(long.messages.contains("longer than the model takes"))
        #expect(try segment("--text", String(repeating: "ab cd ", count: 40), "--quiet").messages.isEmpty)
        let model = scratch("model")
        try FileManager.default.copyItem(atPath: TinyModels.clipseg, toPath: model)
        let file = "\(model)/vocab.json"
        let words = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: file))))
        let fewer = JSON.Object(
            (words.object ?? [:]).filter { !["z", "z</w>"].contains($0.key) }.map { ($0.key, $0.value) })
        try scratch.write("model/vocab.json", JSON.object(fewer).text().utf8)
        let some = try Tool.run("segment", picture, "--model", model, "--text", "ab z")
        #expect(some.status == 0, "\(some.messages)")
        #expect(some.messages.contains("holds characters that the model does not know"))
        let none = try Tool.run("segment", picture, "--model", model, "--text", "zzz z")
        #expect(none.status == 65)
        #expect(none.messages.contains("not one character"))
        try FileManager.default.removeItem(atPath: file)
        let unread = try Tool.run("segment", picture, "--model", model, "--text", "ab")
        // The model is there but unusable, in the contract's words.
        #expect(unread.status == 65)
        #expect(unread.messages.contains("vocab.json"))
        #expect(unread.messages.contains("vocab.json"))
        for text in ["", " ", "x="] { #expect(try segment("--text", text).status == 64) }
        #expect(try segment().status == 64)
    }

    @Test("with a cache a second run takes the encoding from it, whatever is asked")
    func cache() throws {
        let other = try scratch.file(
            "b.png",
            Picture(rgb: [UInt8](repeating: 200, count: 64 * 48 * 3), width: 64, height: 48).pngData())
        func run(_ file: String, _ text: String, cached: Bool = true) throws -> [String?] {
            let run = try Tool.run(
                [
                    "segment", file, "--model", TinyModels.clipseg, "--json", "--text", text, "--threshold",
                    "0",
                ]
                    + (cached ? ["--cache", scratch("cache")] : []))
            #expect(run.status == 0, "\(run.messages)")
            return try run.objects
        }
        func kept() -> [String] { scratch.encodings }
        let first = try run(picture, "ab")
        let one = try #require(kept().first)
        #expect(kept().count == 1)
        #expect(try run(picture, "ab") == first && first == run(picture, "ab", cached: false))
        #expect(try run(picture, "cd") == run(picture, "cd", cached: false))
        #expect(kept() == [one])
        let flat = try run(other, "ab")
        #expect(flat != first)
        // The numbers are taken from the file: under this picture's name, the other's give the other's
        // answer.
        let two = try #require(kept().first { $0 != one })
        try scratch.write(one, Data(contentsOf: URL(filePath: scratch(two))))
        #expect(try run(picture, "ab") == flat)
        #expect(kept().count == 2)
    }

    @Test(
        "what was learnt and saved says the same as the examples; another task's or another model's concept is refused"
    )
    func concepts() throws {
        let file = scratch("x.concept")
        let sources = ["--example", "x=\(picture)#\(mask)", "--text", "x=ab"]
        let learnt = try Tool.run(
            ["learn", "--for", "segment", "--model", TinyModels.clipseg, "-o", file, "--mix", "0.3"] + sources
        )
        #expect(learnt.status == 0, "\(learnt.messages)")
        #expect(learnt.messages.contains("learnt x from 1 example and 1 text"))
        let direct = try Tool.run(
            [
                "segment", picture, "--model", TinyModels.clipseg, "--json", "--threshold", "0.3", "--mix",
                "0.3",
            ] + sources)
        #expect(try segment("--concept", file, "--threshold", "0.3").objects == direct.objects)
        #expect(try segment("--concept", file, "--text", "cd").status == 0)
        #expect(try segment("--concept", file, "--text", "x=cd").status == 65)
        let other = try Tool.run("segment", picture, "--model", TinyModels.otherCLIPSeg, "--concept", file)
        #expect(other.status == 65)
        #expect(other.messages.contains("learnt with plain") && other.output.isEmpty)
        let find = try Tool.run("find", picture, "--concept", file)
        #expect(find.status == 65)
        #expect(find.messages.contains("learnt for spaniel segment, not for spaniel find"))
        #expect(try segment("--concept", file, "--example", "\(picture)#\(mask)").status == 64)
        let fitted = try Tool.run(
            [
                "learn", "--for", "segment", "--model", TinyModels.clipseg, "-o", scratch("y.concept"),
                "--fit-threshold",
            ] + sources)
        #expect(fitted.status == 0, "\(fitted.messages)")
        #expect(try segment("--concept", "/no/x.concept").status == 66)
    }

    @Test("learning takes only what the command it is for can use")
    func learnUsage() throws {
        for extra in [
            ["--faithful"], ["--fine-tune"], ["--selection", "iou"], ["--negative", "\(picture)#\(mask)"],
        ] {
            let run = try Tool.run(
                ["learn", "--for", "segment", "--example", "\(picture)#\(mask)", "-o", scratch("x.concept")]
                    + extra)
            #expect(run.status == 64, "\(extra): \(run.messages)")
        }
        for task in ["find", "detect"] {
            #expect(
                try Tool.run(
                    "learn", "--for", task, "--example", "\(picture)#\(mask)", "-o", scratch("x.concept"),
                    "--mix", "0.3"
                ).status
                    == 64)
        }
        #expect(
            try Tool.run("learn", "--for", "find", "--text", "ab", "-o", scratch("x.concept")).status == 64)
    }

    @Test("a model of another kind is refused with what it is and what is needed")
    func wrongModel() throws {
        let run = try Tool.run("segment", picture, "--text", "ab", "--model", TinyModels.owlvit)
        #expect(run.status == 65)
        #expect(
            run.messages.contains("is an OWL-ViT model")
                && run.messages.contains("spaniel segment needs CLIPSeg"))
        #expect(try Tool.run("segment", picture, "--text", "ab", "--model", "sam-nano").status == 65)
    }

    @Test("a model that is not here is named with the command that fetches it")
    func noModel() throws {
        let run = try Tool.run(
            "segment", picture, "--text", "ab", "--model", "CIDAS/clipseg-rd64-refined",
            environment: ["HF_HUB_CACHE": scratch.path])
        #expect(run.status == 69)
        #expect(run.messages.contains("spaniel weights pull CIDAS/clipseg-rd64-refined"))
    }
}
