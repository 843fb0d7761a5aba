import SpanielAnnotations
import SpanielEvaluation
import SpanielImaging
import SpanielTestSupport
import Testing

@Suite("mean IoU, presence, precision and recall")
struct OtherFiguresTests {
    static let size = Size(width: 10, height: 10)

    static func object(_ columns: Range<Int>, label: Int = 0, _ score: Double? = nil) -> LabelledObject {
        LabelledObject(
            classIndex: label, shape: .init(Mask(width: 10, height: 10) { x, _ in columns.contains(x) }),
            score: score)
    }

    static func set(_ pictures: [[LabelledObject]]) -> LabelledSet {
        LabelledSet(
            classes: ["mug", "boot", "spoon"],
            pictures: pictures.enumerated().map {
                LabelledPicture(file: "\($0).jpg", size: size, objects: $1)
            })
    }

    @Test("IoU is the class's sum over its pictures, not the mean over them; other pictures do not count")
    func meanIoU() throws {
        let truth = Self.set([[Self.object(0..<4)], [Self.object(0..<1)], [Self.object(0..<10, label: 1)]])
        let found = Self.set([
            [Self.object(2..<6, 0.9)], [Self.object(0..<1, 0.8), Self.object(5..<9, 0.1)],
            [Self.object(0..<9, 0.9), Self.object(0..<5, label: 1, 0.9)],
        ])
        let all = try MeanIoU(truth: truth, predictions: found)
        // mug: (2 + 1) / (6 + 5) columns; boot: 5 / 10.
        #expect(
            abs(all.classes[0].iou! - 3.0 / 11) < 1e-12 && abs(all.classes[0].accuracy! - 3.0 / 5) < 1e-12)
        #expect(
            all.classes[1].iou == 0.5 && all.classes[2].iou == nil
                && all.classes.map(\.pictures) == [2, 1, 0])
        #expect(abs(all.iou! - (3.0 / 11 + 0.5) / 2) < 1e-12)
        let sure = try MeanIoU(truth: truth, predictions: found, threshold: 0.5)
        #expect(abs(sure.classes[0].iou! - 3.0 / 7) < 1e-12)
        #expect(try MeanIoU(truth: Self.set([[]]), predictions: Self.set([[]])).iou == nil)
    }

    @Test("the area under the ROC curve is the share of pairs in the right order, ties half")
    func auroc() throws {
        var random = Generator(seed: 11)
        for _ in 0..<50 {
            let shown = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                Double(Int.random(in: 0...5, using: &random))
            }
            let others = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                Double(Int.random(in: 0...5, using: &random))
            }
            let pairs = shown.flatMap { a in others.map { b in a > b ? 1 : a == b ? 0.5 : 0 } }
            #expect(abs(Presence.area(shown, others)! - pairs.reduce(0, +) / Double(pairs.count)) < 1e-12)
            let without = shown + [-.infinity]
            #expect(
                abs(
                    Presence.area(without, others, silent: 3)! - Presence.area(
                        without, others + [-.infinity, -.infinity, -.infinity])!)
                    < 1e-12)
        }
        let truth = Self.set([[Self.object(0..<1)], [Self.object(0..<1)], [], []])
        let found = Self.set([
            [Self.object(5..<6, 0.9), Self.object(0..<1, 0.2)], [], [Self.object(0..<1, 0.5)], [],
        ])
        let presence = try Presence(truth: truth, predictions: found)
        // 0.9 beats 0.5 and nothing; nothing loses to 0.5 and ties with nothing.
        #expect(
            presence.classes[0].auroc == 2.5 / 4 && presence.classes[1].auroc == nil
                && presence.auroc == 2.5 / 4)
    }

    @Test("precision and recall count each truth once and crowds not at all")
    func precisionRecall() throws {
        var crowd = Self.object(6..<10)
        crowd.isCrowd = true
        let truth = Self.set([[Self.object(0..<3), crowd], [Self.object(0..<5, label: 1)]])
        let found = Self.set([
            [
                Self.object(0..<3, 0.9), Self.object(0..<3, 0.8), Self.object(6..<8, 0.7),
                Self.object(4..<5, 0.3),
            ],
            [Self.object(0..<2, label: 1, 0.9)],
        ])
        let result = try PrecisionRecall(truth: truth, predictions: found, kind: .masks, threshold: 0.5)
        let (mug, boot) = (result.classes[0].figures, result.classes[1].figures)
        #expect(
            (mug.right, mug.found, mug.wanted) == (1, 2, 1)
                && (boot.right, boot.found, boot.wanted) == (0, 1, 1))
        #expect(
            result.figures.precision == 1.0 / 3 && result.figures.recall == 0.5 && result.figures.f1 == 0.4)
        let all = try PrecisionRecall(truth: truth, predictions: found, kind: .masks, threshold: 0)
        #expect(all.classes[0].figures.found == 3)
        #expect(all.classes[2].figures.precision == nil && all.classes[2].figures.recall == nil)
        let loose = try PrecisionRecall(
            truth: truth, predictions: found, kind: .masks, threshold: 0, overlap: 0.4)
        #expect(loose.classes[1].figures.right == 1)
    }
}
