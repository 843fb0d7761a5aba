package import SpanielImaging
import Tensor

extension OWLViT {
    /// Which patch's embedding stands for an example that was drawn.
    public enum Selection: String, Sendable, Hashable, CaseIterable {
        /// The patch whose box overlaps the drawn one most; an example that no box overlaps by 0.3 is
        /// refused.
        case iou
        /// Of the patches whose boxes overlap the drawn one nearly as much as the best, the one that is most
        /// an object; OWLv2 only.
        case objectness
        /// As the published code does it: of the same patches, the one least like the mean of all; of OWLv2,
        /// where the whole picture is the example, the one that is most an object. Scores are then the
        /// model's sigmoid.
        case published
    }
}

extension OWLViT.View {
    /// A patch, and how much its box and a drawn one have in common.
    package struct Choice: Sendable, Equatable {
        package let patch: Int
        package let overlap: Double
    }

    /// The least overlap that `Selection.iou` accepts.
    package static var leastOverlap: Double { 0.3 }

    /// The patches whose boxes overlap the drawn one nearly as much as the best.
    ///
    ///     IoU ≥ 0.8 · the best, or where nothing overlaps, generalized IoU ≥ 1.2 · the best, which is negative
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

    /// The patches for a point: those whose boxes hold it and whose middle is nearest, or where none does,
    /// the patch it lies in.
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
        // Within a cell of the nearest: neighbours see the same object.
        let cell = max(frame.width, frame.height) / Double(patches.count).squareRoot()
        return around.filter { distance($0) <= nearest + cell }.map { Choice(patch: $0, overlap: 0) }
    }

    /// The candidate whose class embedding, not normalised, is least like the mean of all patches: training
    /// leaves one good embedding an object, the others look like background.
    package func leastLikeTheMean(_ candidates: [Choice]) -> Choice? {
        let mean = patches.embeddings.mean(axis: 0)
        return best(of: candidates) { -patches.embeddings[leading: $0].dot(mean) }
    }

    /// The candidate for which a quality is highest, the first of equals.
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
    /// IoU less the part of the enclosing box that neither covers, -1…1: how far apart two boxes are that
    /// share nothing.
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
