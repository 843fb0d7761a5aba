import SpanielImaging

extension OWLViT {
    /// Sorts by score, the best first; of equal scores, the smaller view, patch and class comes first.
    static func sorted(_ scores: [PatchScore]) -> [PatchScore] {
        scores.sorted {
            ($1.score, $1.margin, $0.view, $0.patch, $0.concept) < (
                $0.score, $0.margin, $1.view, $1.patch, $1.concept
            )
        }
    }

    /// Drops boxes that overlap a better one.
    static func suppressed(_ scores: [PatchScore], _ suppression: DetectOptions.Suppression) -> [PatchScore] {
        switch suppression {
        case .none: scores
        case .classWise(let iou): selected(scores) { $0.concept == $1.concept && $0.box.iou($1.box) > iou }
        case .classFree(let iou): selected(scores) { $0.box.iou($1.box) > iou }
        }
    }

    /// Drops repeated detections of one object in several views.
    ///
    /// A tile may detect a part as the whole, so that a box that lies inside a better one is dropped too.
    static func merged(_ scores: [PatchScore]) -> [PatchScore] {
        selected(scores) { better, other in
            guard better.concept == other.concept, better.view != other.view else { return false }
            let shared = better.box.intersection(other.box).area
            return better.box.iou(other.box) > 0.5 || shared > 0.8 * other.box.area
        }
    }

    /// Goes through scores from the best margin down and drops those that a better one excludes.
    private static func selected(
        _ scores: [PatchScore], _ excludes: (_ better: PatchScore, _ other: PatchScore) -> Bool
    ) -> [PatchScore] {
        let order = scores.sorted { ($1.margin, $0.view, $0.patch) < ($0.margin, $1.view, $1.patch) }
        var selected: [PatchScore] = []
        for candidate in order where !selected.contains(where: { excludes($0, candidate) }) {
            selected.append(candidate)
        }
        return selected
    }
}
