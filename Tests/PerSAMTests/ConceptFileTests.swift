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

    @Test("what was taught comes back from a file, is refused in part, and a file without it is read")
    func taught() throws {
        let folder = try ScratchFolder()
        let persam = PerSAM(try Materials.sam())
        var concept = try Materials.learntBoot()
        func classifier(_ count: Int) -> LinearClassifier {
            LinearClassifier(weights: Tensor((0..<count).map { Float($0) }, [count]), bias: 0.5)
        }
        concept.taught = PerSAM.Taught(
            place: classifier(128), closer: classifier(384), growth: 1.25, alone: 0.7)
        try concept.save(to: folder["x.concept"])
        let read = try PerSAM.Concept(contentsOf: folder["x.concept"])
        let taught = try #require(read.taught)
        #expect(read.looksCloser && taught.growth == 1.25 && taught.alone == 0.7 && taught.place.bias == 0.5)
        #expect(taught.place.weights.array == classifier(128).weights.array)
        #expect(taught.closer.weights.array == classifier(384).weights.array)
        #expect(throws: Never.self) { try persam.find(read, in: Materials.encoding("path")) }
        let file = try Safetensors(contentsOf: folder["x.concept"])
        let tensors = try file.entries.map { ($0.name, try file.tensor($0)) }
        for name in ["0.place", "0.closer", "0.growth", "0.alone"] {
            try Safetensors.write(
                tensors.filter { $0.0 != name }, metadata: file.metadata, to: folder["y.concept"])
            #expect(throws: ConceptError.self) { try PerSAM.Concept(contentsOf: folder["y.concept"]) }
        }
        concept.taught = PerSAM.Taught(place: classifier(128), closer: classifier(256), growth: 1, alone: 0.7)
        #expect(throws: ConceptError.channels(concept: "boot", found: 256, expected: 384)) {
            try persam.find(concept, in: Materials.encoding("path"))
        }
        // The version before knew nothing of this.
        var metadata = file.metadata
        metadata["format"] = "spaniel-concept-1"
        let old = tensors.filter { !["0.place", "0.closer", "0.growth", "0.alone"].contains($0.0) }
        try Safetensors.write(old, metadata: metadata, to: folder["old.concept"])
        #expect(try !PerSAM.Concept(contentsOf: folder["old.concept"]).looksCloser)
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
