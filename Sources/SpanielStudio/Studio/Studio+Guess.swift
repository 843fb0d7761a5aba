import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// Which class a drawn box most likely shows.
extension Studio {
    /// The IoU with the drawn box from which a patch looks at what is in it.
    private static var sameBox: Double { 0.5 }
    /// The probability from which a closer look is believed.
    private static var sure: Float { 0.3 }

    /// The classes by how far the patches there lie above their thresholds, the best first.
    ///
    /// - Returns: `classes` is empty where the picture is not encoded or no class has a prompt.
    package func guess(_ id: String, _ body: JSON) async throws -> JSON {
        let record = try picture(id)
        guard let box = body["box"].flatMap({ Box(json: $0) }) else {
            throw StudioError.value(
                name: "box", expected: "[x1, y1, x2, y2]", found: body["box"]?.kind ?? "nothing")
        }
        guard let patches = ranker.pictures[record.id] else { return ["classes": []] }
        let overlaps = (0..<patches.count).map { patches.box($0).iou(box) }
        var near = overlaps.indices.filter { overlaps[$0] >= Self.sameBox }
        if near.isEmpty, let nearest = overlaps.indices.max(by: { overlaps[$0] < overlaps[$1] }) {
            near = [nearest]
        }
        func logit(_ score: Float) -> Double {
            let inside = Double(min(0.9999, max(0.0001, score)))
            return log(inside / (1 - inside))
        }
        var classes: [(id: Int64, score: Float, margin: Double)] = []
        for owner in state.orderedClasses {
            guard let cut = threshold(of: owner.id),
                let best = near.compactMap({ ranker.score(owner.id, picture: record.id, patch: $0) }).max()
            else { continue }
            classes.append((owner.id, best, logit(best) - logit(cut)))
        }
        classes.sort { ($1.margin, $0.id) < ($0.margin, $1.id) }
        // A look at the box alone knows better, of the classes that it learnt.
        let closer = await closerGuess(box, in: record)
        if let best = closer.first, best.probability >= Self.sure {
            let known = closer.map { (id: $0.classID, score: $0.probability, margin: 0.0) }
            classes = known + classes.filter { other in !known.contains { $0.id == other.id } }
        }
        return [
            "classes": JSON(
                classes.map {
                    ["class": JSON(StudioID.classID($0.id)), "score": JSON(Double($0.score).rounded(to: 4))]
                })
        ]
    }
}
