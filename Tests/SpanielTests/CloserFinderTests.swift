import Foundation
import Spaniel
import Tensor
import Testing

@Suite("Closer looks by find", .serialized)
struct CloserFinderTests {
    private typealias Scenes = [(picture: Picture, labelled: [LabelledRegion])]

    /// Learns the classes of labelled pictures as `learn --for find --from` does.
    private func learn(_ scenes: Scenes, seen note: () -> Void = {}) throws -> [PerSAM.Concept] {
        var training = LabelledTraining(FindTrainer(PerSAM(try Materials.sam())))
        for scene in scenes { _ = try training.add(scene.picture, scene.labelled) { _ in true } }
        let names = training.classNames
        let alone = try names.map { try training.learn($0, budget: 0) }
        let together = try training.together(alone, picture: { scenes[$0].picture }, seen: note)
        return zip(alone, together).map { $1?.concept ?? $0.concept }
    }

    @Test("labelled pictures teach closer looks, which find the labelled and say how sure each look was")
    func finds() throws {
        let scenes = try LabelledExamples.scenes()
        var seen = 0
        let concepts = try learn(scenes) { seen += 1 }
        #expect(seen == 2 * scenes.count)
        #expect(concepts.count == 2 && concepts.allSatisfy(\.looksCloser))
        let persam = PerSAM(try Materials.sam())
        let finder = CloserFinder(persam)
        var (right, wrong, missed) = (0, 0, 0)
        for scene in scenes {
            let found = try finder.find(concepts, in: scene.picture, persam.encode(scene.picture))
            for concept in concepts {
                let own = found.filter { $0.className == concept.className }
                let evidence = DetectionEvidence(
                    found: own.map { (box: $0.box, score: $0.score) },
                    labelled: scene.labelled.filter { $0.className == concept.className }.map(\.box))
                right += evidence.right.count
                wrong += evidence.wrong.count
                missed += evidence.missed
            }
            for object in found {
                let (place, closer) = (try #require(object.place), try #require(object.closer))
                #expect(abs(object.score - closer * place.squareRoot().squareRoot()) < 1e-6)
                #expect(object.mask.size == scene.picture.size && !object.mask.isEmpty)
                #expect(Box(scene.picture.size).intersection(object.box) == object.box)
            }
            #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
        }
        // They were seen in learning; 13 are labelled.
        #expect(right >= 11 && wrong <= 1, "\(right) right, \(wrong) wrong, \(missed) missed")
    }

    @Test("two things of one class do not hinder each other")
    func views() throws {
        let scenes = try LabelledExamples.scenes { _ in "thing" }
        let concepts = try learn(scenes)
        #expect(concepts.count == 1 && concepts[0].looksCloser)
        let persam = PerSAM(try Materials.sam())
        let found = try scenes.map { scene in
            let found = try CloserFinder(persam).find(
                concepts, in: scene.picture, persam.encode(scene.picture))
            return DetectionEvidence(
                found: found.map { (box: $0.box, score: $0.score) }, labelled: scene.labelled.map(\.box))
        }
        let (right, wrong) = (
            found.reduce(0) { $0 + $1.right.count }, found.reduce(0) { $0 + $1.wrong.count }
        )
        #expect(right >= 11 && wrong <= 1, "\(right) right, \(wrong) wrong")
    }

    @Test("what is found is the same on one thread and on several, and after the concept was in a file")
    func threads() throws {
        let scenes = try LabelledExamples.scenes()
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let persam = PerSAM(try Materials.sam())
        let finder = CloserFinder(persam)
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).concept")
        defer { try? FileManager.default.removeItem(at: file) }
        let results = try [1, 3].map { threads in
            Parallel.threads = threads
            let concepts = try learn(scenes)
            let picture = scenes[0].picture
            let found = try finder.find(concepts, in: picture, persam.encode(picture))
            try PerSAM.Concept.save(concepts, to: file)
            let read = try PerSAM.Concept.load(contentsOf: file)
            let again = try finder.find(read, in: picture, persam.encode(picture))
            #expect(read.allSatisfy(\.looksCloser) && found.map(\.score) == again.map(\.score))
            return found
        }
        #expect(results[0].map(\.box) == results[1].map(\.box) && !results[0].isEmpty)
        #expect(results[0].map(\.score) == results[1].map(\.score))
        #expect(results[0].map(\.mask) == results[1].map(\.mask))
    }

    @Test("options hold: one of each class, so many, those from a threshold on, and the other strategies")
    func options() throws {
        let scenes = try LabelledExamples.scenes()
        let concepts = try learn(scenes)
        let persam = PerSAM(try Materials.sam())
        let picture = scenes[2].picture
        let encoding = try persam.encode(picture)
        func find(_ options: PerSAM.FindOptions) throws -> PerSAM.Findings {
            try CloserFinder(persam).find(concepts, in: picture, encoding, options: options)
        }
        #expect(Set(try find(.init(single: true)).map(\.className)) == ["boot", "pumpkin"])
        #expect(try find(.init(single: true)).count == 2)
        #expect(try find(.init(maximumObjects: 1)).count == 1)
        #expect(try find(.init(threshold: 1)).isEmpty)
        #expect(try find(.init(strategy: .grid)).allSatisfy { $0.closer == nil })
        // One class looks closer, the other is searched for.
        var mixed = concepts
        mixed[0].taught = nil
        let found = try CloserFinder(persam).find(mixed, in: picture, encoding)
        for object in found { #expect((object.closer == nil) == (object.className == mixed[0].className)) }
        #expect(Set(found.map(\.className)).count == 2)
    }

    @Test("too few pictures leave the rule of similarity")
    func few() throws {
        let concepts = try learn(Array(LabelledExamples.scenes().prefix(2)))
        #expect(!concepts.isEmpty && !concepts.contains(where: \.looksCloser))
    }
}
