import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

extension ScratchFolder {
    /// The encodings that `--cache` keeps in the folder `cache`.
    var encodings: [String] { kept(".safetensors") }

    /// The packed weights beside them.
    var packedWeights: [String] { kept(".packed") }

    private func kept(_ ending: String) -> [String] {
        paths.filter { $0.hasPrefix("cache/") && $0.hasSuffix(ending) }
    }
}

@Suite("Weights that --cache keeps packed")
struct PackedWeightsTests {
    private let scratch: ScratchFolder
    private let picture: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
    }

    /// A command for each kind of model, and how many models it loads.
    private static let works: [(arguments: [String], models: Int)] = [
        (["mask", "--point", "20,16"], 1),
        (["mask", "--point", "20,16", "--model", TinyModels.sam2], 1),
        (["mask", "--point", "20,16", "--model", "\(Tool.root)Tests/Goldens/MobileSAM/tiny"], 1),
        (["segment", "--text", "ab", "--threshold", "0", "--model", TinyModels.clipseg], 1),
        (["detect", "--text", "ab", "--threshold", "0", "--model", TinyModels.owlvit, "--with-masks"], 2),
        (["classify", "--text", "ab", "--text", "cd", "--model", TinyModels.clip], 1),
        (["classify", "--model", TinyModels.vit], 1),
        (
            [
                "find", "--example", "\(Tool.example("boot.jpg"))#\(Tool.example("boot-mask.png"))",
                "--single",
                "--features", TinyModels.dinov2, "--feature-size", "112",
            ], 2
        ),
    ]

    /// A run's record without its times.
    private func record(_ work: [String], _ further: [String]) throws -> String {
        let run = try Tool.run([work[0], picture, "--json"] + work.dropFirst() + further)
        #expect(run.status == 0, "\(run.messages)")
        var record = try #require(try run.records.first)
        record["milliseconds"] = nil
        return record.text()
    }

    @Test(
        "every model answers with the same bytes from its file, and the encodings are computed again to show it",
        arguments: works, Tensor.Precision.allCases)
    func same(_ work: (arguments: [String], models: Int), _ precision: Tensor.Precision) throws {
        let precision = ["--precision", precision.rawValue]
        let plain = try record(work.arguments, precision)
        for _ in 0..<2 {
            #expect(try record(work.arguments, precision + ["--cache", scratch("cache")]) == plain)
            #expect(scratch.packedWeights.count == work.models)
            #expect(!scratch.encodings.isEmpty)
            for file in scratch.encodings { try FileManager.default.removeItem(at: scratch[file]) }
        }
    }

    @Test("files that were damaged are written anew, and change nothing")
    func damaged() throws {
        let work = ["mask", "--point", "20,16"]
        let cache = ["--cache", scratch("cache")]
        let plain = try record(work, [])
        #expect(try record(work, cache) == plain)
        let file = try #require(scratch.packedWeights.first)
        let whole = try [UInt8](Data(contentsOf: scratch[file]))
        var changed = whole
        changed[whole.count - 1001] ^= 0x40
        for bytes in [[], Array(whole.prefix(whole.count / 2)), changed] {
            try scratch.write(file, bytes)
            for encoding in scratch.encodings { try FileManager.default.removeItem(at: scratch[encoding]) }
            #expect(try record(work, cache) == plain)
            #expect(try [UInt8](Data(contentsOf: scratch[file])) == whole)
        }
    }

    @Test("other instruction sets have files of their own")
    func instructionSets() throws {
        for (index, set) in InstructionSet.available.filter({ $0 != .reference }).enumerated() {
            for _ in 0..<2 {
                let run = try Tool.run(
                    ["mask", picture, "--point", "20,16", "--json", "--cache", scratch("cache")],
                    environment: ["SPANIEL_ISA": set.rawValue])
                #expect(run.status == 0, "\(run.messages)")
                #expect(scratch.packedWeights.count == index + 1, "\(set)")
            }
        }
    }

    @Test("workers that start at once share one file, in processes of their own too")
    func workers() async throws {
        let line = JSON.object(["id": 1, "path": JSON(picture), "points": [[20, 16]]]).text() + "\n"
        let worker = ["worker", "--task", "mask", "--precision", "float32"]
        let plain = try Tool.run(worker, input: line)
        let kept = worker + ["--cache", scratch("cache")]
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for i in 0..<4 {
                group.addTask { try Tool.run(kept + (i % 2 == 0 ? [] : ["--isolate"]), input: line).output }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs == Array(repeating: plain.output, count: 4))
        #expect(scratch.packedWeights.count == 1)
        #expect(!scratch.paths.contains { $0.hasSuffix(".tmp") })
    }

    @Test(
        "a cache whose disk is full ends with 73, and leaves nothing half written",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func full() throws {
        let mask = ["mask", picture, "--point", "20,16", "--json", "--cache", scratch("cache")]
        #expect(try Tool.run(mask).status == 0)
        let file = try #require(scratch.packedWeights.first)
        try FileManager.default.removeItem(at: scratch[file])
        try FileManager.default.createSymbolicLink(
            at: scratch[file], withDestinationURL: URL(filePath: "/dev/full"))
        let run = try Tool.run(mask)
        #expect(run.status == 73 && run.output.isEmpty)
        #expect(run.messages.contains("full"))
        #expect(!scratch.paths.contains { $0.hasSuffix(".tmp") })
    }
}
