import OWLViT
import SpanielImaging
import Tensor

/// Fits a linear head to what was labelled, and measures it on pictures that it did not see.
enum HeadLearning {
    struct Result: Sendable {
        let head: LinearHead
        /// The objects, and the other things, that it was fitted to.
        let own: Int
        let others: Int
        /// The average precision at IoU 0.5 on held-out pictures, without the head and with it.
        let before: Double
        let after: Double
        /// The highest F1 there, with the head.
        let quality: Double
        /// The score above which more of what was found in held-out pictures is right than wrong, 0…1.
        let threshold: Double
    }

    /// The IoU with a label from which a patch shows the object, and below which it does not.
    private static let (same, beside) = (0.55, 0.3)
    /// The most rows beside those that show something labelled.
    private static let mostBeside = 8000
    private static let overlap = 0.5

    private struct Row {
        let lesson: Int
        let patch: Int
        let isOwn: Bool
    }

    /// - Parameters:
    ///   - usual: for each picture what is found without a head, the best first.
    ///   - features: reads a picture's.
    /// - Returns: nil if no patch shows the class, or no patch shows something else.
    static func learn(
        _ lessons: [Studio.Lesson], usual: [Int64: [(box: Box, score: Float)]],
        features read: (PictureRecord) -> CompactFeatures?
    ) -> Result? {
        var kept: [(lesson: Studio.Lesson, features: CompactFeatures, boxes: [Box])] = []
        for lesson in lessons {
            guard let features = read(lesson.record), lesson.boxes.count == features.count else { continue }
            kept.append((lesson, features, lesson.boxes))
        }
        var rows: [Row] = []
        var besides: [Row] = []
        for (index, (lesson, _, boxes)) in kept.enumerated() {
            for (patch, box) in boxes.enumerated() {
                let own = lesson.own.map { $0.iou(box) }.max() ?? 0
                let other = lesson.others.map { $0.iou(box) }.max() ?? 0
                if own >= same, own >= other {
                    rows.append(Row(lesson: index, patch: patch, isOwn: true))
                } else if other >= same {
                    rows.append(Row(lesson: index, patch: patch, isOwn: false))
                } else if lesson.isComplete, own < beside {
                    besides.append(Row(lesson: index, patch: patch, isOwn: false))
                }
            }
        }
        let step = max(1, (besides.count + mostBeside - 1) / mostBeside)
        rows += stride(from: 0, to: besides.count, by: step).map { besides[$0] }
        guard rows.contains(where: \.isOwn), rows.contains(where: { !$0.isOwn }) else { return nil }
        let matrix = columns(rows.map { kept[$0.lesson].features.row($0.patch) })
        let isOwn = rows.map(\.isOwn)
        func head(leavingOut fold: Int?) -> LinearHead? {
            let counts = rows.map { fold != nil && $0.lesson % folds == fold ? 0 : 1 as Float }
            guard zip(isOwn, counts).contains(where: { $0 && $1 > 0 }),
                zip(isOwn, counts).contains(where: { !$0 && $1 > 0 })
            else { return nil }
            // As `learn --from` fits the places of OWL-ViT's features.
            let fitted = LinearClassifier(
                fitting: matrix, isOwn, counts: counts, ridge: 25, positiveWeight: 10)
            return LinearHead(weights: fitted.weights.array, bias: fitted.bias)
        }
        guard let all = head(leavingOut: nil) else { return nil }
        var found: [(score: Float, isRight: Bool)] = []
        var foundBefore: [(score: Float, isRight: Bool)] = []
        var wanted = 0
        for fold in 0..<folds {
            guard let head = head(leavingOut: fold) else { continue }
            for (index, (lesson, features, boxes)) in kept.enumerated()
            where index % folds == fold && (lesson.isComplete || !lesson.own.isEmpty) {
                wanted += lesson.own.count
                let logits = features.logits(head.weights, bias: head.bias)
                found += judged(suppressed(zip(boxes, logits).map { ($0, $1) }), lesson)
                foundBefore += judged(usual[lesson.picture] ?? [], lesson)
            }
        }
        let labelled = kept.reduce((own: 0, others: 0)) {
            ($0.own + $1.lesson.own.count, $0.others + $1.lesson.others.count)
        }
        return Result(
            head: all, own: labelled.own, others: labelled.others,
            before: averagePrecision(foundBefore, wanted), after: averagePrecision(found, wanted),
            quality: bestF1(found, wanted),
            threshold: bestThreshold(found))
    }

    private static let folds = 5

    private static func columns(_ rows: [[Float]]) -> Tensor {
        Tensor.stack(rows.map { Tensor($0, [$0.count]) }).transposed([1, 0])
    }

    /// Of boxes that overlap the best stays; the first hundred.
    private static func suppressed(_ boxes: [(box: Box, score: Float)]) -> [(box: Box, score: Float)] {
        var kept: [(box: Box, score: Float)] = []
        for candidate in boxes.sorted(by: { $0.score > $1.score }) where kept.count < 100 {
            if !kept.contains(where: { $0.box.iou(candidate.box) > 0.3 }) { kept.append(candidate) }
        }
        return kept
    }

    /// Whether each finding is a labelled object. In a picture that is not complete, what lies on nothing
    /// labelled is neither right nor wrong.
    private static func judged(_ found: [(box: Box, score: Float)], _ lesson: Studio.Lesson) -> [(
        score: Float, isRight: Bool
    )] {
        var free = lesson.own
        return found.compactMap { finding in
            if let place = free.firstIndex(where: { $0.iou(finding.box) >= overlap }) {
                free.remove(at: place)
                return (finding.score, true)
            }
            let isWrong =
                lesson.isComplete || lesson.others.contains { $0.iou(finding.box) >= overlap }
                || lesson.own.contains { $0.iou(finding.box) >= overlap }
            return isWrong ? (finding.score, false) : nil
        }
    }

    /// Midway between two scores, where right less wrong is most: every wrong one costs a click, and every right
    /// one saves one.
    ///
    /// - Parameter found: with logits for scores.
    private static func bestThreshold(_ found: [(score: Float, isRight: Bool)]) -> Double {
        let sorted = found.sorted { $0.score > $1.score }
        var (balance, most, cut) = (0, 0, Float.infinity)
        for (place, finding) in sorted.enumerated() {
            balance += finding.isRight ? 1 : -1
            guard balance > most else { continue }
            most = balance
            cut = place + 1 < sorted.count ? (finding.score + sorted[place + 1].score) / 2 : finding.score - 1
        }
        guard cut.isFinite else { return Double(LinearHead.defaultThreshold) }
        return Double(min(0.999, max(0.001, OWLViT.Scale.sigmoid(cut))))
    }

    private static func bestF1(_ found: [(score: Float, isRight: Bool)], _ wanted: Int) -> Double {
        var (right, best) = (0, 0.0)
        for (place, finding) in found.sorted(by: { $0.score > $1.score }).enumerated() {
            right += finding.isRight ? 1 : 0
            best = max(best, 2 * Double(right) / Double(place + 1 + max(1, wanted)))
        }
        return best
    }

    /// The area under precision over recall.
    private static func averagePrecision(_ found: [(score: Float, isRight: Bool)], _ wanted: Int) -> Double {
        guard wanted > 0 else { return 0 }
        var right = 0
        var points: [Double] = []
        for (place, finding) in found.sorted(by: { $0.score > $1.score }).enumerated() where finding.isRight {
            right += 1
            points.append(Double(right) / Double(place + 1))
        }
        var best = 0.0
        var sum = 0.0
        for precision in points.reversed() {
            best = max(best, precision)
            sum += best
        }
        return sum / Double(wanted)
    }
}
