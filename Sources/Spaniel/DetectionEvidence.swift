package import SpanielImaging

/// The scores of the objects found in a labelled picture, divided into right and wrong ones.
package struct DetectionEvidence: HeldOutEvidence, Sendable, Equatable {
    /// The scores of found objects that match a labelled one.
    package private(set) var right: [Float] = []
    /// The scores of the unmatched objects.
    package private(set) var wrong: [Float] = []
    /// The number of labelled objects that were not found.
    package private(set) var missed = 0

    package var foundNothing: Bool { right.isEmpty && wrong.isEmpty }

    /// The least IoU at which a found box matches a labelled one.
    package static let leastOverlap = 0.5

    /// Matches each found box, from the best score down, with the labelled box that it overlaps most; an
    /// unmatched box that lies mostly in a crowd is ignored.
    ///
    /// - Parameters:
    ///   - labelled: the boxes of the class.
    ///   - crowds: the boxes around groups of the class.
    package init(found: [(box: Box, score: Float)], labelled: [Box], crowds: [Box] = []) {
        var free = Array(labelled.indices)
        for (box, score) in found.sorted(by: { $0.score > $1.score }) {
            let nearest = free.indices.max { labelled[free[$0]].iou(box) < labelled[free[$1]].iou(box) }
            if let nearest, labelled[free[nearest]].iou(box) >= Self.leastOverlap {
                free.remove(at: nearest)
                right.append(score)
            } else if !crowds.contains(where: { 2 * $0.intersection(box).area >= box.area }) {
                wrong.append(score)
            }
        }
        missed = free.count
    }

    /// Returns the threshold with the highest F1, the higher of equals, midway between the two scores that it
    /// separates:
    ///
    ///     F1 = 2 · right above / (found above + labelled)
    ///
    /// If no score lies below it, the threshold is `usual` or the lowest score, whichever is less.
    package static func verdict(of pictures: [Self], usual: Float) -> HeldOutVerdict? {
        let scores =
            (pictures.flatMap(\.right).map { ($0, true) } + pictures.flatMap(\.wrong).map { ($0, false) })
            .sorted { $0.0 > $1.0 }
        let labelled = pictures.reduce(0) { $0 + $1.right.count + $1.missed }
        var best: (last: Int, quality: Double)?
        var right = 0
        for (i, (score, isRight)) in scores.enumerated() {
            if isRight { right += 1 }
            // Equal scores are above a threshold together.
            if i + 1 < scores.count && scores[i + 1].0 == score { continue }
            let quality = 2 * Double(right) / Double(i + 1 + labelled)
            if right > 0 && quality > best?.quality ?? 0 { best = (i, quality) }
        }
        guard let best else { return nil }
        let lowest = scores[best.last].0
        let next = best.last + 1 < scores.count ? scores[best.last + 1].0 : nil
        return HeldOutVerdict(
            threshold: next.map { ($0 + lowest) / 2 } ?? min(usual, lowest), quality: best.quality)
    }
}
