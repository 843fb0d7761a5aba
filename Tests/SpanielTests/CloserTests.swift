import Foundation
import Spaniel
import Tensor
import Testing

@Suite("Closer looks", .serialized)
struct CloserTests {
    @Test("every fifth of the pictures shows some of every class that has five")
    func folds() {
        let names = (0..<12).map { $0 % 3 == 0 ? "b" : "a" }
        let folds = CloserTraining<CloserDetector.Cascade>.folds(of: names)
        #expect(Set(folds) == Set(0..<5))
        let ofA = Set(names.indices.filter { names[$0] == "a" }.map { folds[$0] })
        #expect(ofA == Set(0..<5))
        for fold in 0..<5 {
            let size = folds.filter { $0 == fold }.count
            #expect(size == 2 || size == 3)
        }
        #expect(
            CloserTraining<CloserDetector.Cascade>.folds(of: ["a", "a"]) == [0, 1]
                && CloserTraining<CloserDetector.Cascade>.folds(of: []).isEmpty)
    }

    @Test("of overlapping detections the better stays, of one class or of all")
    func suppression() {
        func detection(_ name: String, _ x: Double) -> OWLViT.Detection {
            OWLViT.Detection(
                className: name, score: 0.5, logit: 0, probability: 0.5,
                box: Box(x1: x, y1: 0, x2: x + 10, y2: 10))
        }
        let all = [detection("a", 0), detection("b", 1), detection("a", 2), detection("a", 20)]
        #expect(all.suppressed(.none) == all)
        #expect(all.suppressed(.classWise(iou: 0.5)) == [all[0], all[1], all[3]])
        #expect(all.suppressed(.classFree(iou: 0.5)) == [all[0], all[3]])
    }

    @Test(
        "what is taught and found is the same on one thread and on several, in the picture, and scored",
        .serialized, arguments: [false, true])
    func threads(hasFeatures: Bool) throws {
        let owl = try OWLViT(contentsOf: Materials.golden("OWLViT/v1"), precision: .float32)
        let dino = try DINOv2(contentsOf: Materials.golden("DINOv2/plain"), precision: .float32)
        let features = try DINOv2Features(dino, longestSide: 28)
        let closer = CloserDetector(owl, try Materials.sam(), features: hasFeatures ? features : nil)
        let scenes = try LabelledExamples.scenes()
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let results = try [1, 3].map { threads -> OWLViT.Detections in
            Parallel.threads = threads
            let encoded = try scenes.map { (encoding: try owl.encode($0.picture), labelled: $0.labelled) }
            var seen = 0
            let training = CloserTraining(CloserDetector.Cascade(closer, preparation: .hf), usual: 0.4)
            let lessons = try training.learn(
                ["boot", "pumpkin"], encoded, picture: { scenes[$0].picture }, seen: { seen += 1 })
            #expect(seen == 2 * scenes.count)
            let concepts = lessons.sorted { $0.key < $1.key }.map { name, lesson in
                OWLViT.Concept(
                    className: name, threshold: lesson.verdict.threshold,
                    taught: closer.taught(by: lesson), model: owl.identity)
            }
            return try closer.detect(
                concepts, in: scenes[0].picture, encoded[0].encoding, options: .init(threshold: 0))
        }
        #expect(results[0].objects == results[1].objects && results[0].best == results[1].best)
        #expect(!results[0].isEmpty)
        for found in results[0] {
            let closer = try #require(found.closer)
            let place = try #require(found.place)
            #expect(
                (found.features != nil) == hasFeatures && (found.isDecidedByFeatures != nil) == hasFeatures)
            #expect(place >= found.probability && abs(found.score - closer * pow(place, 0.25)) < 1e-6)
            #expect(Box(scenes[0].picture.size).intersection(found.box) == found.box)
        }
        let scores = results[0].map(\.score)
        #expect(scores == scores.sorted(by: >))
        // What was taught with features is not found without them, nor the other way.
        let other = CloserDetector(owl, closer.sam, features: hasFeatures ? nil : features)
        let encoded = try scenes.map { (encoding: try owl.encode($0.picture), labelled: $0.labelled) }
        let training = CloserTraining(CloserDetector.Cascade(closer, preparation: .hf), usual: 0.4)
        let lessons = try training.learn(["boot", "pumpkin"], encoded, picture: { scenes[$0].picture })
        let (name, lesson) = try #require(lessons.first)
        let taught = OWLViT.Concept(
            className: name, threshold: 0.5, taught: closer.taught(by: lesson), model: owl.identity)
        #expect(throws: PerSAMError.self) {
            try other.detect([taught], in: scenes[0].picture, encoded[0].encoding)
        }
    }
}
