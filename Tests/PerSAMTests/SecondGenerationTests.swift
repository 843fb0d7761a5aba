import Foundation
import PerSAM
import SpanielTestSupport
import Tensor
import Testing

struct SecondGenerationTests {
    private static func persam() throws -> PerSAM {
        let folder = Materials.root.appending(path: "Tests/Goldens/SAM2/tiny")
        return PerSAM(try SAM(contentsOf: folder, precision: .float32))
    }

    /// Grey noise with a light square.
    private static let example: Example = {
        var pixels: [UInt8] = []
        for y in 0..<48 {
            for x in 0..<64 {
                let isOn = (20..<44).contains(x) && (12..<36).contains(y)
                pixels += [isOn ? 240 : UInt8((x * 7 + y * 13) % 90), isOn ? 60 : 90, isOn ? 30 : 100]
            }
        }
        return Example(
            Picture(rgb: pixels, width: 64, height: 48),
            mask: Mask(width: 64, height: 48) { x, y in (20..<44).contains(x) && (12..<36).contains(y) },
            class: "square")
    }()

    @Test("learning and finding run on a SAM 2, and every object says how present it is")
    func find() throws {
        let persam = try Self.persam()
        let concept = try persam.learn([Self.example])
        #expect(concept.features[0].shape == [16])
        let scene = try persam.encode(Self.example.picture)
        let found = try persam.find(concept, in: scene, options: .init(single: true))
        let object = try #require(found.first)
        let presence = try #require(object.presence)
        #expect((0...1).contains(presence) && (0...1).contains(object.score))
        // A random model: what is below one half lowers the score in proportion.
        #expect(object.score <= min(1, 2 * presence))
        #expect(found.candidates.contains { $0.presence == presence })
    }

    @Test("a presence of one half or more changes no score, and one below lowers it")
    func certainty() {
        func factor(_ presence: Float?) -> Float {
            PerSAM.certainty(stability: 0.81, presence: presence)
        }
        #expect(factor(nil) == Float(0.81).squareRoot())
        #expect(factor(0.5) == factor(nil) && factor(1) == factor(nil))
        #expect(factor(0.25) == factor(nil) / 2 && factor(0) == 0)
    }

    @Test("the original's arithmetic is refused before any picture is encoded")
    func faithful() throws {
        let persam = try Self.persam()
        let refused = PerSAMError.originalModel(model: "tiny")
        #expect(throws: refused) {
            try persam.learn([Self.example], options: .init(faithful: true))
        }
        let scene = try persam.encode(Self.example.picture)
        #expect(throws: refused) { try persam.find([], in: scene, options: .init(faithful: true)) }
        #expect(refused.code == "model.original" && refused.description.contains("SAM 2"))
    }
}
