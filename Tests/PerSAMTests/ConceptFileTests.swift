import Foundation
import PerSAM
import SpanielTestSupport
import Tensor
import Testing

/// Concepts on disk.
@Suite struct ConceptFileTests {
    @Test("a saved concept finds what the learnt one does")
    func roundTrip() throws {
        let persam = PerSAM(try Materials.sam())
        let folder = try ScratchFolder()
        let turtle = Example(try Materials.scene("path"), box: Box(x1: 280, y1: 50, x2: 445, y2: 190))
        let concept = try persam.learn([Materials.boot(class: "botte d'été")], negatives: [turtle])
        try concept.save(to: folder["boot.concept"])
        let read = try PerSAM.Concept(contentsOf: folder["boot.concept"])
        #expect(
            read.className == "botte d'été" && read.prompting == concept.prompting
                && read.threshold == concept.threshold)
        let scene = try Materials.encoding("crowd")
        let (first, second) = (try persam.find(concept, in: scene), try persam.find(read, in: scene))
        #expect(first.map(\.box) == second.map(\.box) && first.map(\.score) == second.map(\.score))
    }

    @Test("a concept of another model names both")
    func otherModel() throws {
        let persam = PerSAM(try Materials.sam())
        var concept = try Materials.learntBoot()
        concept.model.sha256 = String(repeating: "0", count: 64)
        #expect(throws: ConceptError.self) {
            try persam.find(concept, in: Materials.encoding("path"))
        }
    }

    @Test("a damaged concept is an error, whatever byte is damaged")
    func damaged() throws {
        let persam = PerSAM(try Materials.sam())
        let folder = try ScratchFolder()
        try Materials.learntBoot().save(to: folder["good.concept"])
        let bytes = try Array(Data(contentsOf: folder["good.concept"]))
        var generator = Generator(seed: 7)
        let scene = try Materials.encoding("path")
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
            if let concept = try? PerSAM.Concept(contentsOf: url) { _ = try? persam.find(concept, in: scene) }
        }
    }

    @Test("a concept that names the right model but has another's channels is an error")
    func otherChannels() throws {
        let persam = PerSAM(try Materials.sam())
        let folder = try ScratchFolder()
        var concept = try Materials.learntBoot()
        let scene = try Materials.encoding("path")
        let short = Tensor([1, 2, 3], [3])
        (concept.directions, concept.features) = ([short], [short])
        try concept.save(to: folder["short.concept"])
        let expected = ConceptError.channels(concept: "boot", found: 3, expected: 128)
        let read = try PerSAM.Concept(contentsOf: folder["short.concept"])
        #expect(throws: expected) { try persam.find(read, in: scene) }
        var options = PerSAM.FindOptions()
        options.faithful = true
        #expect(throws: expected) { try persam.find(read, in: scene, options: options) }
    }

    @Test("another kind of file is refused")
    func otherFile() throws {
        let folder = try ScratchFolder()
        try Safetensors.write([("x", Tensor([1], [1]))], metadata: [:], to: folder["x.safetensors"])
        #expect(throws: ConceptError.self) { try PerSAM.Concept(contentsOf: folder["x.safetensors"]) }
        #expect(throws: (any Error).self) {
            try PerSAM.Concept(contentsOf: try folder.write("text", "hello"))
        }
    }
}
