import OWLViT
import SpanielImaging
import SpanielStarters
import SpanielStudio
import SpanielTestSupport
import Tensor
import Testing

/// The page's ranking against `OWLViT.detect` itself.
struct RankingTests {
    static let owl = try! OWLViT(contentsOf: Starters.owlViTNano)
    static let pictures = try! [Picture(contentsOf: Starters.shelf), Picture(contentsOf: Starters.boot)]
    static let encodings = try! pictures.map { try owl.encode($0) }

    private func compare(_ concepts: [OWLViT.Concept], threshold: Float?, _ what: String) throws {
        let ranking = RankingProbe(concepts, threshold: threshold, encodings: Self.encodings)
        for (index, encoding) in Self.encodings.enumerated() {
            let detected = try Self.owl.detect(
                concepts, in: encoding, options: .init(threshold: threshold))
            for (place, concept) in concepts.enumerated() {
                let expected = detected.filter { $0.className == concept.className }
                let found = ranking.found(class: place, picture: index)
                #expect(found.count == expected.count, "\(what), \(concept.className), picture \(index)")
                for (a, b) in zip(found, expected) {
                    #expect(abs(a.score - b.score) < 1e-3, "\(what): \(a.score) and \(b.score)")
                    #expect(a.box.iou(b.box) > 0.9999, "\(what)")
                }
            }
        }
    }

    @Test(arguments: [nil, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8] as [Float?])
    func `Words are ranked as detect finds them`(threshold: Float?) throws {
        try compare([Self.owl.concept("boot", texts: ["a boot"])], threshold: threshold, "one word")
        try compare(
            [Self.owl.concept("boot", texts: ["a boot", "a hiking boot", "a shoe"])], threshold: threshold,
            "three words")
    }

    @Test(arguments: [nil, 0.1, 0.3, 0.6] as [Float?])
    func `Examples, negatives and words together are ranked as detect finds them`(threshold: Float?) throws {
        let mask = try Mask(contentsOf: Starters.bootMask)
        let boot = Example(Self.pictures[1], mask: mask, class: "boot")
        let other = Example(Self.pictures[0], box: Box(x1: 10, y1: 20, x2: 150, y2: 220), class: "boot")
        let words = try Self.owl.embed(["a boot"])
        try compare([Self.owl.learn([boot])], threshold: threshold, "an example")
        try compare([Self.owl.learn([boot, other])], threshold: threshold, "two examples")
        try compare([Self.owl.learn([boot], negatives: [other])], threshold: threshold, "a negative")
        try compare(
            [Self.owl.learn([boot], texts: words, negatives: [other])], threshold: threshold,
            "an example, words and a negative")
    }

    @Test func `What unwanted words fit better is no candidate`() throws {
        let words = try Self.owl.embed(["a pumpkin", "a boot"])
        let concept = try Self.owl.concept("pumpkin", texts: [words[0]])
        func candidates(_ unwanted: [(prompt: Int64, text: OWLViT.Text)]) -> [Candidate] {
            let ranker = Ranker()
            ranker.add(CompactPatches(Self.encodings[0]), 1)
            ranker.set(
                ClassQuery(
                    concept, texts: [1], examples: [], negatives: [], unwanted: unwanted, head: nil,
                    threshold: 0.001), of: 1)
            return ranker.allCandidates(1)[1] ?? []
        }
        let patches = CompactPatches(Self.encodings[0])
        func unit(_ text: OWLViT.Text) -> [Float] {
            let numbers = text.embedding.array
            let length = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return numbers.map { $0 / length }
        }
        let (own, other) = (
            patches.similarities(to: unit(words[0])), patches.similarities(to: unit(words[1]))
        )
        func isBetterOther(_ candidate: Candidate) -> Bool {
            other[candidate.patch] > own[candidate.patch] + 1e-4
        }
        #expect(candidates([]).contains(where: isBetterOther))
        let left = candidates([(2, words[1])])
        #expect(!left.isEmpty && !left.contains(where: isBetterOther))
    }

    @Test(arguments: [nil, 0.05, 0.1, 0.2] as [Float?])
    func `Classes that compete for a place share it as in detect`(threshold: Float?) throws {
        let mask = try Mask(contentsOf: Starters.bootMask)
        let concepts = [
            try Self.owl.learn([Example(Self.pictures[1], mask: mask, class: "boot")]),
            try Self.owl.concept("shoe", texts: ["a shoe"]),
            try Self.owl.concept("cup", texts: ["a cup", "a mug"]),
        ]
        try compare(concepts, threshold: threshold, "three classes")
    }

    @Test func `Patches survive the cache bit by bit, and damaged ones are none`() throws {
        let patches = CompactPatches(Self.encodings[0])
        #expect(CompactPatches(bytes: patches.bytes) == patches)
        for count in [0, 3, 4, 20, patches.bytes.count - 1] {
            #expect(CompactPatches(bytes: Array(patches.bytes.prefix(count))) == nil)
        }
        #expect(CompactPatches(bytes: patches.bytes + [0]) == nil)
        var random = Generator(seed: 7)
        for _ in 0..<200 {
            var bytes = patches.bytes
            bytes[Int.random(in: 0..<40, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = CompactPatches(bytes: bytes)
        }
        // Half of what the directions take as floats.
        #expect(patches.bytes.count < 2 * patches.count * patches.channels + 40 * patches.count)
    }

    @Test func `Similarities of compact patches are those of the model to 0.0001`() throws {
        let view = Self.encodings[0].views[0]
        let text = try Self.owl.embed(["a boot"])[0].embedding
        let expected = view.patches.similarities(to: text.reshaped([1, text.count])).array
        let found = CompactPatches(Self.encodings[0]).similarities(to: text.array)
        #expect(largestDifference(found, expected).difference < 1e-4)
    }

    @Test func `Five hundred pictures are ranked anew in fifty milliseconds`() throws {
        let ranking = RankingProbe(
            [try Self.owl.concept("boot", texts: ["a boot"])], threshold: nil,
            encodings: (0..<500).map { Self.encodings[$0 % 2] })
        _ = ranking.count
        let concept = try Self.owl.concept("boot", texts: ["a red mug"])
        let start = ContinuousClock.now
        ranking.set(concept)
        let count = ranking.count
        let time = ContinuousClock.now - start
        print("500 pictures ranked in \(time), \(count) found")
        #expect(time < .milliseconds(500), "ten times as long as it takes on a quiet machine")
    }
}
