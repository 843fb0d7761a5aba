import Foundation
import PerSAM
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Classifying whole pictures")
struct ClassifyTests {
    private let scratch: ScratchFolder
    private let picture: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.picture(width: 320, height: 240).pngData())
    }

    private func classify(_ arguments: String..., model: String = TinyModels.clip) throws -> Tool.Run {
        try Tool.run(["classify", picture, "--model", model, "--json"] + arguments)
    }

    private func classes(_ run: Tool.Run) throws -> [(name: String, score: Double)] {
        #expect(run.status == 0, "\(run.messages)")
        let array = try #require(try run.records.first?["classes"]?.array)
        return try array.map { (try #require($0["class"]?.string), try #require($0["score"]?.double)) }
    }

    @Test("texts share 1 among their classes, best first, and the record has classes instead of objects")
    func texts() throws {
        let run = try classify("--text", "ab", "--text", "x=cd", "--text", "x=de")
        let found = try classes(run)
        #expect(Set(found.map(\.name)) == ["ab", "x"])
        #expect(abs(found.map(\.score).reduce(0, +) - 1) < 1e-5)
        #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
        #expect(try run.records[0]["objects"] == nil)
        #expect(try run.records[0]["task"]?.string == "classify")
        #expect(try run.records[0]["classes"]?[0]?.object?.map(\.key) == ["class", "score"])
    }

    @Test("five classes are shown, or as many as asked for, those above their thresholds")
    func count() throws {
        let texts = ["ab", "cd", "de", "ef", "gh", "ij", "kl"].flatMap { ["--text", $0] }
        func count(_ extra: String...) throws -> Int {
            try classes(
                Tool.run(["classify", picture, "--model", TinyModels.clip, "--json"] + texts + extra)
            ).count
        }
        #expect(try count() == 5)
        #expect(try count("--max-objects", "2") == 2)
        #expect(try count("--max-objects", "99") == 7)
        #expect(try count("--threshold", "1") == 0)
        #expect(
            try Tool.run(["classify", picture, "--model", TinyModels.clip, "--threshold", "zz=0.1"] + texts)
                .status == 64)
    }

    @Test("a template goes round each text; one without a place for it is refused")
    func templates() throws {
        let plain = try classes(classify("--text", "ab", "--text", "cd"))
        let written = try classes(classify("--text", "x=ef ab", "--text", "y=ef cd"))
        let around = try classes(classify("--text", "ab", "--text", "cd", "--template", "ef {}"))
        #expect(around.map(\.score) == written.map(\.score))
        #expect(around.map(\.score) != plain.map(\.score))
        #expect(
            try classes(classify("--text", "ab", "--text", "cd", "--template", "ef {}", "--template", "{}"))
                .count == 2)
        #expect(try classify("--text", "ab", "--template", "a photo").status == 64)
        #expect(try classify("--template", "a {}").status == 64)
    }

    @Test("a class alone always scores 1, and a note says so")
    func alone() throws {
        let run = try classify("--text", "ab")
        #expect(try classes(run).map(\.score) == [1])
        #expect(run.messages.contains("give another --text"))
        #expect(try classify("--text", "ab", "--quiet").messages.isEmpty)
    }

    @Test("a ViT has classes of its own")
    func vit() throws {
        let found = try classes(classify("--max-objects", "1000", model: TinyModels.vit))
        #expect(found.count >= 2)
        #expect(abs(found.map(\.score).reduce(0, +) - 1) < 1e-4)
        #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
        #expect(try classes(classify(model: TinyModels.vit)).map(\.name) == found.prefix(5).map(\.name))
    }

    @Test("the overlay holds the classes, for people there is a line each, and a cache changes nothing")
    func outputs() throws {
        let first = try classes(
            classify("--text", "ab", "--text", "cd", "--out", scratch("out"), "--cache", scratch("cache")))
        #expect(scratch.paths.filter { $0.hasPrefix("out/") } == ["out/a.overlay.png"])
        #expect(
            try Picture(contentsOf: URL(filePath: scratch("out/a.overlay.png")))
                != Files.picture(width: 320, height: 240))
        let again = try classes(classify("--text", "ab", "--text", "cd", "--cache", scratch("cache")))
        #expect(again.map(\.score) == first.map(\.score))
        #expect(scratch.encodings.count == 1)
        let cached = try classes(classify("--cache", scratch("cache"), model: TinyModels.vit))
        #expect(
            try classes(classify("--cache", scratch("cache"), model: TinyModels.vit)).map(\.score)
                == cached.map(\.score))
        let words = try Tool.run(
            "classify", picture, "--model", TinyModels.clip, "--text", "ab", "--text", "cd")
        #expect(words.output.contains("320 × 240, 2 classes"))
    }

    @Test("CLIP needs texts, a ViT takes none, and others are of no use: each says what is needed")
    func wrongModel() throws {
        let clip = try classify()
        #expect(clip.status == 65)
        #expect(clip.messages.contains("is a CLIP model") && clip.messages.contains("with --text"))
        let vit = try classify("--text", "ab", model: TinyModels.vit)
        #expect(vit.status == 65)
        #expect(vit.messages.contains("is a ViT model") && vit.messages.contains("without --text"))
        #expect(try classify("--text", "ab", model: "sam-nano").status == 65)
        #expect(try classify("--text", " ").status == 64)
        #expect(try classify("--export", "coco:\(scratch("all.json"))").status == 64)
    }

    @Test("without a model the tool says the command that fetches one")
    func noModel() throws {
        let nowhere = ["HF_HUB_CACHE": scratch.path]
        let clip = try Tool.run("classify", picture, "--text", "ab", environment: nowhere)
        #expect(clip.status == 69)
        #expect(clip.messages.contains("spaniel weights pull openai/clip-vit-base-patch32"))
        let vit = try Tool.run("classify", picture, environment: nowhere)
        #expect(vit.status == 69)
        #expect(vit.messages.contains("spaniel weights pull google/vit-base-patch16-224"))
    }
}
