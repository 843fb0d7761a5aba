/// A box by its first and last column and row, both inside, as segment-anything compares boxes.
package struct InclusiveBox: Sendable, Hashable {
    package var left, top, right, bottom: Int

    package init(left: Int, top: Int, right: Int, bottom: Int) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    /// The product of the differences, as in segment-anything, so that a box of one pixel has no area.
    var area: Float { Float(right - left) * Float(bottom - top) }

    /// Returns the intersection over union, which is not a number for two boxes without area.
    func iou(_ other: InclusiveBox) -> Float {
        let width = max(0, min(right, other.right) - max(left, other.left))
        let height = max(0, min(bottom, other.bottom) - max(top, other.top))
        let shared = Float(width) * Float(height)
        return shared / (area + other.area - shared)
    }
}

/// Selects the best of overlapping boxes: from the highest score down, each selected box excludes the later
/// ones whose IoU with it exceeds the threshold.
/// - Returns: the indices of the selected boxes, best first; of equal scores the earlier comes first.
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
