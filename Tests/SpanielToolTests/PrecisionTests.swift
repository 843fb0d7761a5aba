import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("--precision int8")
struct PrecisionTests {
    private let scratch: ScratchFolder
    private let picture: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
    }

    /// Every command that encodes, with a model of a kind.
    private static let works: [[String]] = [
        ["mask", "--point", "20,16"],
        ["mask", "--point", "20,16", "--model", TinyModels.sam2],
        ["mask", "--point", "20,16", "--model", "\(Tool.root)Tests/Goldens/MobileSAM/tiny"],
        ["segment", "--text", "ab", "--model", TinyModels.clipseg],
        ["detect", "--text", "ab", "--threshold", "0", "--model", TinyModels.owlvit],
        ["classify", "--text", "ab", "--text", "cd", "--model", TinyModels.clip],
        ["classify", "--model", TinyModels.vit],
    ]

    private func run(_ work: [String], _ further: String...) throws -> Tool.Run {
        let run = try Tool.run([work[0], picture, "--json"] + work.dropFirst() + further)
        #expect(run.status == 0, "\(run.messages)")
        return run
    }

    private func found(_ run: Tool.Run) throws -> String {
        let record = try #require(try run.records.first)
        return try #require((record["objects"] ?? record["classes"])?.text())
    }

    @Test("a record names it, the number of threads changes nothing, and it is not float32", arguments: works)
    func record(_ work: [String]) throws {
        let one = try run(work, "--precision", "int8", "--threads", "1")
        let two = try run(work, "--precision", "int8", "--threads", "2")
        #expect(try one.records[0]["precision"]?.string == "int8")
        #expect(try found(one) == found(two))
        #expect(try found(one) != found(run(work, "--precision", "float32")))
    }

    @Test("nobody gets it who does not ask for it", arguments: works)
    func automatic(_ work: [String]) throws {
        #expect(try ["float32", "bfloat16"].contains(run(work).records[0]["precision"]?.string))
    }

    @Test("an encoding in it is kept beside others, and a second run gives the same")
    func cache() throws {
        let work = Self.works[0] + ["--cache", scratch("cache")]
        let exact = try run(work, "--precision", "float32")
        #expect(scratch.encodings.count == 1)
        let first = try run(work, "--precision", "int8")
        #expect(scratch.encodings.count == 2)
        #expect(try found(run(work, "--precision", "int8")) == found(first))
        #expect(try found(first) != found(exact))
    }

    @Test("a concept says what it was learnt in", arguments: ["find", "segment", "detect"])
    func concept(task: String) throws {
        let mask = try scratch.file("m.png", Files.mask())
        let example = "square=\(picture)#\(mask)"
        for precision in ["int8", "float32"] {
            let path = scratch("\(precision).concept")
            let learnt = try Tool.run(
                ["learn", "--for", task, "--example", example, "--precision", precision, "-o", path])
            #expect(learnt.status == 0, "\(learnt.messages)")
            #expect(try Safetensors(contentsOf: URL(filePath: path)).metadata["precision"] == precision)
            let used = try Tool.run([task, picture, "--concept", path, "--json", "--precision", "int8"])
            #expect(used.status == 0, "\(used.messages)")
        }
    }

    @Test("--verbose says where the processor has no instructions for it, and only there")
    func verbose() throws {
        func said(_ set: String?) throws -> Bool {
            try Tool.run(
                ["mask", picture, "--point", "20,16", "--precision", "int8", "--verbose"],
                environment: set.map { ["SPANIEL_ISA": $0] } ?? [:]
            ).messages.contains("no fast instructions for int8")
        }
        #expect(try said("baseline"))
        #expect(try said(nil) == !Tensor.Precision.int8.isFast)
    }
}
