import CLIPSeg
import Foundation
import SpanielTestSupport
import Tensor
import Testing

struct ConceptFileTests {
    private func materials() throws -> (clipseg: CLIPSeg, concepts: [CLIPSeg.Concept]) {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let prompts = try steps.prompts("conditional.texts")
        let texts = prompts.enumerated().map {
            CLIPSeg.Conditional(embedding: $1.embedding, text: $0 == 1 ? "été" : nil, wasCut: $0 == 1)
        }
        return (
            clipseg,
            [
                try clipseg.concept("cat", [texts[0], texts[1]], threshold: 0.25),
                try clipseg.concept("mug", [texts[2]]),
            ]
        )
    }

    @Test("saved concepts segment as the learnt ones do")
    func roundTrip() throws {
        let (clipseg, concepts) = try materials()
        let folder = try ScratchFolder()
        try CLIPSeg.Concept.save(concepts, to: folder["both.concept"])
        let read = try CLIPSeg.Concept.load(contentsOf: folder["both.concept"])
        #expect(read.map(\.className) == ["cat", "mug"] && read.map(\.threshold) == [0.25, nil])
        #expect(
            read[0].conditionals.map(\.text) == [nil, "été"]
                && read[0].conditionals.map(\.wasCut) == [false, true])
        let encoding = try clipseg.encode(try CLIPSegGolden.plain.steps().picture(0))
        let (first, second) = (
            try clipseg.segment(concepts, in: encoding), try clipseg.segment(read, in: encoding)
        )
        #expect(
            first.map(\.mask) == second.map(\.mask) && first.map(\.score) == second.map(\.score)
                && !first.isEmpty)
        #expect(throws: ConceptError.self) { try CLIPSeg.Concept(contentsOf: folder["both.concept"]) }
        try concepts[1].save(to: folder["mug.concept"])
        #expect(try CLIPSeg.Concept(contentsOf: folder["mug.concept"]).className == "mug")
    }

    @Test("a concept of another model names both")
    func otherModel() throws {
        let (clipseg, concepts) = try materials()
        let other = try CLIPSegGolden.all[1].model()
        let encoding = try other.encode(try CLIPSegGolden.plain.steps().picture(0))
        let error = #expect(throws: ConceptError.self) { try other.segment(concepts, in: encoding) }
        #expect(error?.code == "concept.model" && error?.description.contains("plain") == true)
        #expect(error?.description.contains("refined") == true)
        // A file may name the right model and still hold another's vectors.
        var forged = concepts[1]
        forged.conditionals = [CLIPSeg.Conditional(embedding: Tensor([1, 2], [2]))]
        let own = try clipseg.encode(try CLIPSegGolden.plain.steps().picture(0))
        #expect(throws: CLIPSegError.conditional(found: 2, expected: 20)) {
            try clipseg.segment([forged], in: own)
        }
        forged.conditionals = []
        #expect(throws: CLIPSegError.nothingAsked) { try clipseg.segment([forged], in: own) }
        #expect(throws: CLIPSegError.nothingAsked) { try forged.save(to: ScratchFolder()["x"]) }
    }

    @Test("a concept for another task says which")
    func otherTask() throws {
        let folder = try ScratchFolder()
        for (format, task) in [
            ("spaniel-concept-1", "for find"), ("spaniel-detect-concept-2", "for detect"),
            ("other", "format other"),
        ] {
            try Safetensors.write(
                [("x", Tensor([1], [1]))], metadata: ["format": format], to: folder["other.concept"])
            let error = #expect(throws: ConceptError.self) {
                try CLIPSeg.Concept.load(contentsOf: folder["other.concept"])
            }
            #expect(error?.code == "concept.format" && error?.description.contains(task) == true)
        }
        try Safetensors.write([("x", Tensor([1], [1]))], metadata: [:], to: folder["x.safetensors"])
        #expect(throws: ConceptError.self) { try CLIPSeg.Concept(contentsOf: folder["x.safetensors"]) }
        #expect(throws: (any Error).self) {
            try CLIPSeg.Concept(contentsOf: try folder.write("text", "hello"))
        }
    }

    @Test("a damaged concept is an error, whatever byte is damaged")
    func damaged() throws {
        let (clipseg, concepts) = try materials()
        let folder = try ScratchFolder()
        try CLIPSeg.Concept.save(concepts, to: folder["good.concept"])
        let bytes = try Array(Data(contentsOf: folder["good.concept"]))
        let encoding = try clipseg.encode(try CLIPSegGolden.plain.steps().picture(3))
        var generator = Generator(seed: 7)
        for round in 0..<300 {
            var changed = bytes
            if round % 3 == 0 {
                changed.removeLast(Int.random(in: 1...changed.count, using: &generator))
            } else {
                for _ in 0..<3 {
                    changed[Int.random(in: 0..<changed.count, using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
            }
            let url = try folder.write("bad.concept", changed)
            // It may be refused, or still mean something; it may not trap.
            if let read = try? CLIPSeg.Concept.load(contentsOf: url) {
                _ = try? clipseg.segment(read, in: encoding)
            }
        }
    }
}
