import SpanielImaging

/// Decides between overlapping objects: the object with the better score gets the shared pixels, and an
/// object that loses more than half of its pixels to another class is dropped.
struct Arbitration {
    let findings: PerSAM.Findings

    init(_ searches: [SearchResult], _ options: PerSAM.FindOptions) {
        var searches = searches
        var accepted = searches.indices.flatMap { s in
            searches[s].found.indices.filter { searches[s].found[$0].verdict == .accepted }.map {
                (search: s, find: $0)
            }
        }
        func score(_ place: (search: Int, find: Int)) -> Float {
            searches[place.search].found[place.find].object?.score ?? 0
        }
        accepted.sort { score($0) > score($1) }
        var objects: [PerSAM.FoundObject] = []
        var reachedMaximum = false
        for place in accepted {
            guard var object = searches[place.search].found[place.find].object else { continue }
            if objects.count >= (options.single ? searches.count : options.maximumObjects) {
                searches[place.search].found[place.find].verdict = .surplus
                reachedMaximum = true
                continue
            }
            let area = object.boxed.area
            for i in objects.indices where object.box.intersection(objects[i].box).area > 0 {
                let other = objects[i]
                let isRival = other.className != object.className
                if isRival && 2 * object.boxed.intersectionArea(with: other.boxed) > area {
                    searches[place.search].found[place.find].verdict = .otherClass
                    // The first rival is the best: later objects have lower scores.
                    if other.rival == nil {
                        objects[i].rival = .init(className: object.className, score: object.score)
                    }
                }
                object.boxed.subtract(other.boxed)
            }
            guard searches[place.search].found[place.find].verdict == .accepted, let box = object.boxed.box
            else {
                if searches[place.search].found[place.find].verdict == .accepted {
                    searches[place.search].found[place.find].verdict = .duplicate
                }
                continue
            }
            object.box = box
            searches[place.search].found[place.find].object = object
            objects.append(object)
        }
        var stop =
            searches.map(\.stop).max { ($0.peak ?? -1) < ($1.peak ?? -1) }
            ?? PerSAM.Stop(reason: .nothingLeft, peak: nil, threshold: 0)
        if reachedMaximum { stop.reason = .maximumObjects }
        findings = PerSAM.Findings(
            objects: objects, stop: stop, candidates: Self.candidates(searches),
            similarity: searches.map(\.scene.similarityMap))
    }

    private static func candidates(_ searches: [SearchResult]) -> [PerSAM.Candidate] {
        searches.flatMap { search in
            search.found.map { find in
                PerSAM.Candidate(
                    className: search.scene.concept.className, verdict: find.verdict, point: find.point,
                    peak: find.peak,
                    score: find.object?.score, similarity: find.object?.similarity,
                    predictedIoU: find.object?.predictedIoU, presence: find.object?.presence,
                    box: find.object?.box, boxed: find.object?.boxed)
            }
        }
    }
}

extension Scene {
    /// The similarity of each cell, for the findings.
    var similarityMap: PerSAM.SimilarityMap {
        let (across, down) = (
            Double(cells.columns) * cells.size.width, Double(cells.rows) * cells.size.height
        )
        return PerSAM.SimilarityMap(
            className: concept.className, rows: cells.rows, columns: cells.columns, values: similarity,
            extent: Box(
                x1: 0, y1: 0, x2: Double(cells.frame.resized.width) / across,
                y2: Double(cells.frame.resized.height) / down),
            background: concept.background, threshold: concept.floor)
    }
}
