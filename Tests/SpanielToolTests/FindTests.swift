import Foundation
import PerSAM
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Finding an object from an example")
struct FindTests {
    private static let boot = [
        "--example", "boot=\(Tool.example("boot.jpg"))#\(Tool.example("boot-mask.png"))",
    ]
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func find(_ arguments: String...) throws -> Tool.Run { try Tool.run(["find"] + arguments) }
    private func find(_ example: [String], _ arguments: String...) throws -> Tool.Run {
        try Tool.run(["find"] + example + arguments)
    }

    @Test(
        "the boots of a shelf are found, each with its parts of the score, and the record says why there are no more"
    )
    func boots() throws {
        let run = try find(Self.boot, Tool.example("shelf.jpg"), "--json")
        #expect(run.status == 0)
        #expect(run.messages.isEmpty)
        let record = try #require(try run.records.first)
        #expect(record["task"]?.string == "find")
        let objects = try #require(record["objects"]?.array)
        #expect(objects.count >= 2)
        let scores = objects.compactMap { $0["score"]?.double }
        #expect(scores == scores.sorted(by: >))
        for object in objects {
            #expect(object["class"]?.string == "boot")
            #expect(object["scores"]?.object?.map(\.key) == ["similarity", "iou"])
        }
        // Where the two boots are, as anyone can see.
        let boxes = objects.compactMap { $0["box"]?.array?.compactMap(\.double) }
        for truth in [Box(x1: 50, y1: 85, x2: 204, y2: 214), Box(x1: 438, y1: 80, x2: 613, y2: 222)] {
            #expect(boxes.contains { Box(x1: $0[0], y1: $0[1], x2: $0[2], y2: $0[3]).iou(truth) > 0.7 })
        }
        #expect(record["stop"]?["reason"]?.string != nil)
    }

    @Test("tiles find every boot, and a cache keeps every tile")
    func tiles() throws {
        func boxes() throws -> [JSON] {
            let run = try find(
                Self.boot, Tool.example("lawn.jpg"), "--json", "--tiles", "2", "--cache",
                scratch("cache"))
            #expect(run.status == 0, "\(run.messages)")
            return try #require(run.records.first?["objects"]?.array)
        }
        let found = try boxes()
        // A tile takes a fourth thing for a boot.
        #expect((3...4).contains(found.count))
        #expect(scratch.encodings.count == 5)
        #expect(try boxes().map { $0.text() } == found.map { $0.text() })
    }

    @Test("a reference with its mask says the same as an example")
    func reference() throws {
        let scene = Tool.example("shelf.jpg")
        let one = try find(Self.boot, scene, "--json").records
        let other = try find(
            "--reference", Tool.example("boot.jpg"), "--mask", Tool.example("boot-mask.png"), "--class",
            "boot", scene, "--json")
        #expect(try other.records.map { $0["objects"]?.text() } == one.map { $0["objects"]?.text() })
    }

    @Test("what was learnt and saved finds the same")
    func concept() throws {
        let file = scratch("new/boot.concept")
        let learnt = try Tool.run(["learn", "--for", "find", "-o", file] + Self.boot)
        #expect(learnt.status == 0)
        #expect(learnt.output.isEmpty)
        let scene = Tool.example("shelf.jpg")
        #expect(
            try find("--concept", file, scene, "--json").records.map { $0["objects"]?.text() }
                == find(Self.boot, scene, "--json").records.map { $0["objects"]?.text() })
        #expect(try Tool.run(["learn", "-o", scratch.path] + Self.boot).status == 73)
        #expect(try Tool.run(["learn", "-o", "/dev/full"] + Self.boot).status == 73)
    }

    @Test("every object of a COCO file teaches its class")
    func coco() throws {
        let file = scratch("all.concept")
        #expect(
            try Tool.run(
                "learn", "--for", "find", "--from", "coco:\(Tool.example("truth.coco.json"))", "-o", file
            ).status == 0)
        let run = try find("--concept", file, Tool.example("shelf.jpg"), "--json", "--threshold", "boot=1")
        #expect(run.status == 0)
        #expect(try run.records[0]["objects"]?.array?.contains { $0["class"]?.string == "boot" } == false)
        #expect(
            try find("--concept", file, Tool.example("shelf.jpg"), "--threshold", "spoon=0.5").status == 64)
    }

    @Test("a threshold nothing reaches finds nothing, and the words say so")
    func nothing() throws {
        let run = try find(Self.boot, Tool.example("shelf.jpg"), "--threshold", "1")
        #expect(run.status == 0)
        #expect(run.output.contains("shelf.jpg  640 × 480, nothing"))
    }

    @Test("an explanation is one page for each picture that asks for nothing from elsewhere")
    func explain() throws {
        let run = try find(
            Self.boot, Tool.example("shelf.jpg"), Tool.example("path.jpg"), "--explain", scratch("why"))
        #expect(run.status == 0)
        #expect(
            scratch.paths.filter { $0.hasPrefix("why/") } == [
                "why/path.explain.html", "why/shelf.explain.html",
            ])
        let page = try String(contentsOfFile: scratch("why/shelf.explain.html"), encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        for address in ["http://", "https://", "<script"] { #expect(!page.contains(address)) }
        let file = try scratch.file("file")
        #expect(try find(Self.boot, Tool.example("shelf.jpg"), "--explain", file).status == 73)
    }

    @Test("the paper's one object is one, and the original arithmetic too")
    func single() throws {
        for mode in [["--single"], ["--faithful"], ["--faithful", "--fine-tune"]] {
            let run = try find(Self.boot, [Tool.example("shelf.jpg"), "--json"] + mode)
            #expect(run.status == 0)
            #expect(try run.records[0]["objects"]?.array?.count == 1)
        }
    }

    private func find(_ example: [String], _ arguments: [String]) throws -> Tool.Run {
        try Tool.run(["find"] + example + arguments)
    }

    @Test(
        "an example that is missing ends with 66, one that is there but unusable with 65, and nothing is printed or made"
    )
    func badExamples() throws {
        let (picture, scene) = (
            try scratch.file("a.png", Files.png), try scratch.file("scene.png", Files.png)
        )
        let mask = try scratch.file("mask.png", Files.mask())
        let cases: [(example: String, status: Int32, named: String)] = [
            ("/no/a.png#\(mask)", 66, "/no/a.png"),
            ("\(picture)#/no/mask.png", 66, "/no/mask.png"),
            ("\(scratch.path)#\(mask)", 65, scratch.path),
            ("\(picture)#\(scratch.path)", 65, scratch.path),
            ("\(try scratch.file("empty.png"))#\(mask)", 65, "empty.png"),
            ("\(try scratch.file("cut.png", Files.png.prefix(60)))#\(mask)", 65, "cut.png"),
            ("\(picture)#\(try scratch.file("text.png", "mask".utf8))", 65, "text.png"),
            (
                "\(picture)#\(try scratch.file("small.png", Files.mask(width: 32, height: 24)))", 65,
                "64 x 48"
            ),
            (
                "\(picture)#\(try scratch.file("none.png", Files.gray(Mask(width: 64, height: 48))))", 65,
                "none.png"
            ),
            (
                "\(picture)#\(try scratch.file("all.png", Files.gray(Mask(width: 64, height: 48, filled: true))))",
                65, "all.png"
            ),
            ("\(picture)#box=70,10,500,40", 65, "a.png"),
            ("\(picture)#point=66,10", 65, "a.png"),
            ("\(picture)#polygon=100,100,110,100,110,110", 65, "a.png"),
        ]
        for (example, status, named) in cases {
            let run = try find("--example", example, scene, "--json", "--out", scratch("out"))
            #expect(run.status == status, "\(example): \(run.messages)")
            #expect(run.messages.contains(named), "\(example): \(run.messages)")
            #expect(run.output.isEmpty)
        }
        #expect(!scratch.paths.contains("out"))
    }

    @Test("a concept file that is missing, no concept, or learnt with another model")
    func badConcepts() throws {
        let scene = try scratch.file("scene.png", Files.png)
        #expect(try find("--concept", "/no/boot.concept", scene).status == 66)
        #expect(try find("--concept", scratch.file("text.concept", "boot".utf8), scene).status == 65)
        #expect(try find("--concept", scratch.path, scene).status == 65)
        #expect(try find("--concept", "\(Tool.root)Weights/sam-nano/model.safetensors", scene).status == 65)
        let file = scratch("boot.concept")
        #expect(try Tool.run(["learn", "-o", file] + Self.boot).status == 0)
        #expect(try find("--concept", file, "--concept", file, scene).status == 65)
        #expect(try find("--concept", file, "--faithful", scene).status == 65)
        let bytes = try Data(contentsOf: URL(filePath: file))
        #expect(try find("--concept", scratch.file("cut.concept", bytes.dropLast(64)), scene).status == 65)
    }

    @Test(
        "what to find must be said, once and in one way",
        arguments: [
            [], ["--reference", "a.png"], ["--mask", "a.png"],
            ["--class", "mug", "--example", "a.png#b.png"], ["--example", "a.png"],
            ["--reference", "a.png", "--mask", "b.png", "--reference", "a.png"],
            ["--concept", "c", "--example", "a.png#b.png"],
            ["--concept", "c", "--fine-tune"], ["--concept", "c", "--negative", "a.png#b.png"],
            ["--example", "a.png#b.png", "--strategy", "guess"],
            ["--example", "a.png#b.png", "--threshold", "mug"],
            ["--example", "a.png#b.png", "--tiles", "9"],
            ["--example", "a.png#b.png", "--tiles", "2", "--faithful"],
        ])
    func usage(_ arguments: [String]) throws {
        let run = try find(arguments, "scene.png")
        #expect(run.status == 64, "\(run.messages)")
        #expect(run.output.isEmpty)
    }
}
