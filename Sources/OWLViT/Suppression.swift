import SpanielImaging

extension OWLViT {
    /// Best first; of equal scores, the smaller view, patch and class.
    static func sorted(_ claims: [Claim]) -> [Claim] {
        claims.sorted {
            ($1.score, $1.margin, $0.view, $0.patch, $0.concept) < (
                $0.score, $0.margin, $1.view, $1.patch, $1.concept
            )
        }
    }

    /// Keeps the best of boxes that overlap.
    static func suppressed(_ claims: [Claim], _ suppression: DetectOptions.Suppression) -> [Claim] {
        switch suppression {
        case .none: claims
        case .classWise(let iou): kept(claims) { $0.concept == $1.concept && $0.box.iou($1.box) > iou }
        case .classFree(let iou): kept(claims) { $0.box.iou($1.box) > iou }
        }
    }

    /// One object seen in several views, once.
    ///
    /// A tile may take a part for the whole, so that there a box that lies inside a better one goes too.
    static func merged(_ claims: [Claim]) -> [Claim] {
        kept(claims) { better, other in
            guard better.concept == other.concept, better.view != other.view else { return false }
            let shared = better.box.intersection(other.box).area
            return better.box.iou(other.box) > 0.5 || shared > 0.8 * other.box.area
        }
    }

    /// Goes through claims from the best and drops those that one kept before speaks against.
    private static func kept(_ claims: [Claim], _ against: (_ better: Claim, _ other: Claim) -> Bool)
        -> [Claim]
    {
        var kept: [Claim] = []
        for claim in claims.sorted(by: { ($1.margin, $0.view, $0.patch) < ($0.margin, $1.view, $1.patch) })
        where !kept.contains(where: { against($0, claim) }) {
            kept.append(claim)
        }
        return kept
    }

    /// Whether a tile's edge, where the picture goes on, cuts a box: a neighbour or the whole picture shows
    /// that object better.
    func isCut(_ box: Box, by frame: Frame, of size: Size) -> Bool {
        let part = frame.part
        let (x, y) = (0.01 * part.width, 0.01 * part.height)
        return part.x1 > 0 && box.x1 < part.x1 + x || part.y1 > 0 && box.y1 < part.y1 + y
            || part.x2 < Double(size.width) && box.x2 > part.x2 - x
            || part.y2 < Double(size.height) && box.y2 > part.y2 - y
    }
}
