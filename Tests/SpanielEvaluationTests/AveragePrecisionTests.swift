import Foundation
import SpanielAnnotations
import SpanielEvaluation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("average precision")
struct AveragePrecisionTests {
    /// Random sets with crowds, ties, empty classes, more than a hundred objects; and pycocotools' figures of
    /// them.
    static let cases: [JSON] = {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Goldens/Evaluation/figures.json")
        return try! JSON(parsing: Data(contentsOf: url)).array!
    }()

    static func sets(_ row: JSON) throws -> (truth: LabelledSet, found: LabelledSet) {
        let folder = try ScratchFolder()
        try folder.write("truth.json", row["truth"]!.bytes())
        try folder.write("found.json", row["results"]!.bytes())
        var options = AnnotationOptions()
        options.allowsBoxesOutside = true
        options.truth = try LabelledSet.read(.coco, at: folder["truth.json"], options: options).set
        return (
            options.truth!, try LabelledSet.read(.cocoResults, at: folder["found.json"], options: options).set
        )
    }

    /// pycocotools says -1 where there is nothing to find.
    static func expectEqual(_ figures: AveragePrecision.Figures, _ expected: JSON, _ what: String) {
        for (index, (a, b)) in zip(figures.all, expected.array!.map { $0.double! }).enumerated() {
            #expect(abs((a ?? -1) - b) <= 1e-6, "\(what), figure \(index): \(a ?? -1), expected \(b)")
        }
    }

    @Test("the twelve figures are pycocotools', over all classes and for each", arguments: cases.indices)
    func goldens(index: Int) throws {
        let row = Self.cases[index]
        let (truth, found) = try Self.sets(row)
        for (kind, expected) in row["expected"]!.object! {
            let result = try AveragePrecision(
                truth: truth, predictions: found, kind: kind == "bbox" ? .boxes : .masks)
            Self.expectEqual(result.figures, expected["all"]!, "\(row["name"]!.string!) \(kind)")
            for (label, figures) in zip(result.classes, expected["classes"]!.array!) {
                Self.expectEqual(label.figures, figures, "\(row["name"]!.string!) \(kind) \(label.name)")
            }
            #expect(result.unmatched == 0)
        }
    }

    static let size = Size(width: 100, height: 80)

    static func set(_ objects: [LabelledObject], file: String = "a.jpg", classes: [String] = ["mug", "boot"])
        -> LabelledSet
    {
        LabelledSet(classes: classes, pictures: [LabelledPicture(file: file, size: size, objects: objects)])
    }

    static func box(_ x: Double, _ score: Double? = nil, label: Int = 0) -> LabelledObject {
        LabelledObject(classIndex: label, box: Box(x1: x, y1: 0, x2: x + 10, y2: 10), score: score)
    }

    @Test("an overlap of exactly a threshold counts")
    func exactOverlap() throws {
        // 10 of 20 pixels: an overlap of one half.
        let truth = Self.set([LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 20, y2: 1))])
        let found = Self.set([LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 10, y2: 1), score: 1)])
        let figures = try AveragePrecision(truth: truth, predictions: found, kind: .boxes).figures
        #expect(abs(figures.ap50! - 1) < 1e-12 && figures.ap75 == 0 && figures.apLarge == nil)
    }

    @Test(
        "of equal scores in two pictures the one of the smaller id comes first, as pycocotools has it, whatever the file's order"
    )
    func tiesBetweenPictures() throws {
        // The right one and the wrong one have the same score: first right is an AP of 1, first wrong of a
        // half.
        for (right, wrong) in [(1, 2), (2, 1)] {
            var truth = Self.set([Self.box(0)], file: "right.jpg")
            truth.pictures.append(LabelledPicture(file: "wrong.jpg", size: Self.size))
            truth.pictures[0].number = right
            truth.pictures[1].number = wrong
            truth.pictures.swapAt(0, 1)
            var found = truth
            for place in found.pictures.indices { found.pictures[place].objects = [Self.box(0, 0.5)] }
            let ap = try AveragePrecision(truth: truth, predictions: found, kind: .boxes).figures.ap!
            #expect(abs(ap - (right < wrong ? 1 : 0.5)) < 1e-12)
        }
    }

    @Test("thousands of objects over each other in one picture take neither hours nor gigabytes")
    func crowded() throws {
        let truth = Self.set((0..<4000).map { Self.box(Double($0 % 50)) })
        let found = Self.set((0..<4000).map { Self.box(Double($0 % 50), Double($0) / 4000) })
        let counts = try PrecisionRecall(truth: truth, predictions: found, kind: .boxes, threshold: 0).figures
        #expect((counts.right, counts.found, counts.wanted) == (4000, 4000, 4000))
        #expect(
            try abs(
                AveragePrecision(truth: truth, predictions: found, kind: .boxes).figures.ar100! - 100.0 / 4000
            ) < 1e-12)
    }

    @Test("pictures are paired by file or by the last part of it, classes by name; the rest is counted")
    func pairing() throws {
        let truth = LabelledSet(
            classes: ["mug", "boot"],
            pictures: [
                LabelledPicture(file: "photos/a.jpg", size: Self.size, objects: [Self.box(0)]),
                LabelledPicture(file: "photos/b.jpg", size: Self.size, objects: [Self.box(0, label: 1)]),
            ])
        let found = LabelledSet(
            classes: ["boot", "spoon", "mug"],
            pictures: [
                LabelledPicture(
                    file: "/elsewhere/b.jpg", size: Self.size,
                    objects: [Self.box(0, 0.5), Self.box(0, 0.4, label: 1)]),
                LabelledPicture(file: "c.jpg", size: Self.size, objects: [Self.box(0, 0.9, label: 2)]),
                LabelledPicture(file: "photos/a.jpg", size: Self.size, objects: [Self.box(0, 0.9, label: 2)]),
            ])
        let result = try AveragePrecision(truth: truth, predictions: found, kind: .boxes)
        #expect(abs(result.figures.ap! - 1) < 1e-12 && result.unmatched == 2)
        #expect(result.classes.map(\.truths) == [1, 1])
        #expect(throws: EvaluationError.noCommonPicture(predicted: "x.jpg", expected: "photos/a.jpg")) {
            try AveragePrecision(truth: truth, predictions: Self.set([], file: "x.jpg"), kind: .boxes)
        }
        #expect(throws: EvaluationError.self) {
            try AveragePrecision(
                truth: truth, predictions: Self.set([Self.box(0, 1)], file: "a.jpg", classes: ["spoon"]),
                kind: .boxes)
        }
        var turned = Self.set([Self.box(0, 1)])
        turned.pictures[0].size = Size(width: 80, height: 100)
        #expect(throws: EvaluationError.size(file: "a.jpg", expected: "100 x 80", found: "80 x 100")) {
            try AveragePrecision(truth: Self.set([Self.box(0)]), predictions: turned, kind: .boxes)
        }
        #expect(throws: EvaluationError.score(file: "a.jpg")) {
            try AveragePrecision(
                truth: Self.set([Self.box(0)]), predictions: Self.set([Self.box(0, .nan)]), kind: .boxes)
        }
    }

    @Test("the boxes around run lengths are the masks' own")
    func boxes() {
        var random = Generator(seed: 3)
        for _ in 0..<200 {
            let (width, height) = (
                Int.random(in: 1...70, using: &random), Int.random(in: 1...70, using: &random)
            )
            let density = Int.random(in: 0...3, using: &random)
            let mask = Mask(width: width, height: height) { _, _ in
                Int.random(in: 0..<40, using: &random) < density
            }
            #expect(mask.rle.box == mask.box)
        }
    }
}
