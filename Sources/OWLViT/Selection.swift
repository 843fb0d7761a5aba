package import SpanielImaging
import Tensor

extension OWLViT {
    /// Which patch represents an example that was drawn.
    ///
    /// Candidates are the patches whose boxes overlap the drawn one by at least 0.8 of the best IoU.
    public enum Selection: String, Sendable, Hashable, CaseIterable {
        /// The patch whose box overlaps the drawn one most; an example that no box overlaps by an IoU of 0.3
        /// is refused.
        case iou
        /// The candidate with the highest objectness; for OWLv2 only.
        case objectness
        /// The candidate that the published code selects: the one least like the mean of all patches, or in
        /// OWLv2, if the whole picture is the example, the patch with the highest objectness. Scores are then
        /// the model's sigmoid.
        case published
    }
}

extension OWLViT.View {
    /// A patch, and the IoU of its box with a drawn one.
    package struct Choice: Sendable, Equatable {
        package let patch: Int
        package let overlap: Double
    }

    /// The least IoU that `Selection.iou` accepts.
    package static var leastOverlap: Double { 0.3 }

    /// Returns the patches whose boxes overlap the drawn one nearly as much as the best:
    ///
    ///     IoU ≥ 0.8 · the best
    ///     generalized IoU ≥ 1.2 · the best, which is negative, if no box overlaps
    package func candidates(for box: Box) -> [Choice] {
        var overlaps = boxes.map { $0.iou(box) }
        let best = overlaps.max() ?? 0
        if best > 0 {
            return overlaps.indices.filter { overlaps[$0] >= 0.8 * best }.map {
                Choice(patch: $0, overlap: overlaps[$0])
            }
        }
        overlaps = boxes.map { $0.generalizedIoU(box) }
        let nearest = min(overlaps.max() ?? 0, 0)
        return overlaps.indices.filter { overlaps[$0] >= 1.2 * nearest }.map { Choice(patch: $0, overlap: 0) }
    }

    /// Returns the patches for a point: of those whose boxes contain it, the ones whose middles are nearest;
    /// if none does, the patch that the point lies in.
    package func candidates(at point: Point) -> [Choice] {
        let around = boxes.indices.filter { boxes[$0].contains(point) }
        func distance(_ i: Int) -> Double {
            max(abs(boxes[i].center.x - point.x), abs(boxes[i].center.y - point.y))
        }
        guard let nearest = around.map(distance).min() else {
            let grid = Int(Double(patches.count).squareRoot())
            func cell(_ position: Double, _ length: Double) -> Int {
                max(0, min(grid - 1, Int(Double(grid) * position / length)))
            }
            let (column, row) = (
                cell(point.x - frame.part.x1, frame.width), cell(point.y - frame.part.y1, frame.height)
            )
            return [Choice(patch: row * grid + column, overlap: 0)]
        }
        // Patches within one cell of the nearest count too, because neighbours see the same object.
        let cell = max(frame.width, frame.height) / Double(patches.count).squareRoot()
        return around.filter { distance($0) <= nearest + cell }.map { Choice(patch: $0, overlap: 0) }
    }

    /// Returns the candidate whose class embedding, not normalised, is least like the mean of all patches:
    /// training leaves one good embedding for an object, and the others look like background.
    package func leastLikeTheMean(_ candidates: [Choice]) -> Choice? {
        let mean = patches.embeddings.mean(axis: 0)
        return best(of: candidates) { -patches.embeddings[leading: $0].dot(mean) }
    }

    /// Returns the candidate for which a quality is highest, the first of equals.
    package func best(of choices: [Choice], _ quality: (_ patch: Int) -> Float) -> Choice? {
        var best: (choice: Choice, quality: Float)?
        for choice in choices {
            let quality = quality(choice.patch)
            if best.map({ quality > $0.quality }) ?? true { best = (choice, quality) }
        }
        return best?.choice
    }
}

extension Box {
    /// Returns the generalized IoU, -1…1: the IoU minus the share of the enclosing box that neither covers,
    /// which measures the distance of boxes that do not overlap (Rezatofighi et al. 2019).
    func generalizedIoU(_ other: Box) -> Double {
        let around = Box(
            x1: min(x1, other.x1), y1: min(y1, other.y1), x2: max(x2, other.x2), y2: max(y2, other.y2)
        ).area
        guard around > 0 else { return -1 }
        let shared = intersection(other).area
        let union = area + other.area - shared
        return (union > 0 ? shared / union : 0) - (around - union) / around
    }
}
