import Foundation
import SpanielJSON
import Testing

@Suite("Checking by words what was found")
struct CheckByWordsTests {
    private func find(_ arguments: String...) throws -> Tool.Run {
        try Tool.run(
            [
                "find", "--example", "boot=\(Tool.example("boot.jpg"))#\(Tool.example("boot-mask.png"))",
                Tool.example("shelf.jpg"), "--json",
            ]
                + arguments)
    }

    @Test("every object is kept or refused by how well the words fit, and its score is reported either way")
    func check() throws {
        let plain = try #require(try find().records[0]["objects"]?.array)
        func parts(_ threshold: String) throws -> (kept: [JSON], rejected: [JSON]) {
            let run = try find("--text", "ab", "--clip-model", TinyModels.clip, "--text-threshold", threshold)
            #expect(run.status == 0, "\(run.messages)")
            let record = try run.records[0]
            #expect(record["clip_model"]?["sha256"]?.string?.count == 64)
            #expect(record["stop"]?["reason"] != nil)
            return (record["objects"]?.array ?? [], record["rejected"]?.array ?? [])
        }
        let all = try parts("0")
        #expect(all.kept.count == plain.count && all.rejected.isEmpty)
        let scores = try all.kept.map { try #require($0["scores"]?["text"]?.double) }
        #expect(scores.allSatisfy { (0...1).contains($0) })
        #expect(all.kept.map { $0["box"]?.text() } == plain.map { $0["box"]?.text() })
        let none = try parts("1")
        #expect(none.kept.isEmpty && none.rejected.count == plain.count)
        #expect(none.rejected.map { $0["scores"]?["text"]?.double } == scores)
    }

    @Test("words must belong to a class of the run, and the check's options to words")
    func usage() throws {
        #expect(try find("--text", "cup=ab", "--clip-model", TinyModels.clip).status == 64)
        #expect(try find("--text-threshold", "0.4").status == 64)
        #expect(try find("--clip-model", TinyModels.clip).status == 64)
        #expect(try find("--text", "ab", "--text-threshold", "2").status == 64)
        #expect(try find("--text", "", "--clip-model", TinyModels.clip).status == 64)
        let cup = "cup=\(Tool.example("boot.jpg"))#box=199,142,451,358"
        let two = try find("--example", cup, "--text", "ab", "--clip-model", TinyModels.clip)
        #expect(two.status == 64)
        #expect(two.messages.contains("CLASS=WORDS"))
        let wrong = try find("--text", "ab", "--clip-model", "sam-nano")
        #expect(wrong.status == 65)
        #expect(wrong.messages.contains("--text needs CLIP") && wrong.messages.contains("--clip-model"))
    }
}
