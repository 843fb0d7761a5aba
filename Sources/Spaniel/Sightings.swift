package import SpanielImaging

/// The scores of what was found in a labelled picture, told apart by whether the label says so too.
package struct Sightings: HeldOutEvidence, Sendable, Equatable {
    /// The scores of found objects that are labelled.
    package private(set) var right: [Float] = []
    /// The scores of the others.
    package private(set) var wrong: [Float] = []
    /// How many labelled objects were not found.
    package private(set) var missed = 0

    package var isSilent: Bool { right.isEmpty && wrong.isEmpty }

    /// The least overlap, IoU, at which a found box is the labelled one.
    package static let leastOverlap = 0.5

    /// Each found box, the best first, takes the labelled one that it overlaps most; what lies mostly in a
    /// crowd counts neither way.
    ///
    /// - Parameters:
    ///   - labelled: the boxes of the class.
    ///   - crowds: boxes around groups of it.
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

    /// The cut between two neighbouring scores above which F1 is highest, the higher of equals; the threshold
    /// is the middle between the two.
    ///
    ///     F1 = 2 · right above / (found above + labelled)
    ///
    /// Where nothing lies below the cut, `usual` unless that is above it.
    package static func verdict(of pictures: [Self], usual: Float) -> HeldOutVerdict? {
        let scores =
            (pictures.flatMap(\.right).map { ($0, true) } + pictures.flatMap(\.wrong).map { ($0, false) })
            .sorted { $0.0 > $1.0 }
        let labelled = pictures.reduce(0) { $0 + $1.right.count + $1.missed }
        var best: (last: Int, quality: Double)?
        var right = 0
        for (i, (score, isRight)) in scores.enumerated() {
            if isRight { right += 1 }
            if i + 1 < scores.count && scores[i + 1].0 == score { continue }  // equal scores are found together
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
