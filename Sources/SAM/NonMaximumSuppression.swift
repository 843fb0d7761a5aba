/// A box by its first and last column and row, both of them inside: what segment-anything compares.
package struct InclusiveBox: Sendable, Hashable {
    package var left, top, right, bottom: Int

    package init(left: Int, top: Int, right: Int, bottom: Int) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    /// Differences, as in the original: a box of one pixel has no area.
    var area: Float { Float(right - left) * Float(bottom - top) }

    /// Intersection over union; not a number for two boxes without area.
    func iou(_ other: InclusiveBox) -> Float {
        let width = max(0, min(right, other.right) - max(left, other.left))
        let height = max(0, min(bottom, other.bottom) - max(top, other.top))
        let shared = Float(width) * Float(height)
        return shared / (area + other.area - shared)
    }
}

/// Keeps the best of boxes that overlap: from the highest score down, each box drops the later ones whose IoU
/// with it exceeds the threshold.
/// - Returns: indices of the boxes kept, best first; of equal scores the earlier is the better.
package func nonMaximumSuppression(_ boxes: [InclusiveBox], scores: [Float], threshold: Double) -> [Int] {
    precondition(boxes.count == scores.count, "\(boxes.count) boxes with \(scores.count) scores")
    let order = boxes.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    var kept: [Int] = []
    for candidate in order
    where !kept.contains(where: { Double(boxes[$0].iou(boxes[candidate])) > threshold }) {
        kept.append(candidate)
    }
    return kept
}
