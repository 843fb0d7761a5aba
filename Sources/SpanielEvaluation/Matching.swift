import SpanielAnnotations
package import SpanielImaging

/// What is compared: boxes or pixels.
public enum EvaluationKind: String, Sendable, CaseIterable {
    case boxes, masks
}

/// COCO's rules: which thresholds, which areas, how many objects a picture.
package enum COCORules {
    /// numpy's linspace(0.5, 0.95, 10), to the bit: an overlap may be one of these exactly.
    package static let overlaps: [Double] = linspace(0.5, 0.95, 10)
    /// numpy's linspace(0, 1, 101).
    package static let recalls: [Double] = linspace(0, 1, 101)
    /// All, small, medium, large: in pixels, both ends included.
    package static let areas: [ClosedRange<Double>] = [0...1e10, 0...1024, 1024...9216, 9216...1e10]
    package static let maxima = [1, 10, 100]

    private static func linspace(_ first: Double, _ last: Double, _ count: Int) -> [Double] {
        let step = (last - first) / Double(count - 1)
        return (0..<count - 1).map { Double($0) * step + first } + [last]
    }
}

/// The found objects of one class in one picture, each with what it was matched to at every threshold and
/// area.
package struct Matches {
    /// One found object; bit t of the words is overlap threshold t.
    package struct Found {
        package let score: Double
        /// Its place among the picture's by score, from 0.
        package let rank: Int
        /// Per area range (four at most): matched to a truth, one that counts or one that does not.
        package var matched = SIMD4<UInt16>()
        /// Per area range: counts neither as right nor as wrong.
        package var ignored = SIMD4<UInt16>()
    }

    package var found: [Found]
    /// Per area range: how many truths there are to find.
    package var wanted: [Int]

    /// Greedy, best score first: each takes the free truth it overlaps most, one that counts before one that
    /// does not; a crowd can be taken again and again.
    package init(
        _ cell: Pairing.Cell, size: Size, kind: EvaluationKind, overlaps: [Double],
        areas: [ClosedRange<Double>], limit: Int
    ) {
        let truth = cell.truth.map { Region($0, size: size, kind: kind) }
        let truthAreas = zip(cell.truth, truth).map { $0.area ?? $1.area }
        // A stable order: the first of equal scores stays first, as pycocotools has it.
        let order = cell.found.indices.sorted { a, b in
            let (x, y) = (cell.found[a].score ?? 1, cell.found[b].score ?? 1)
            return x > y || x == y && a < b
        }
        let objects = order.prefix(limit).map { cell.found[$0] }
        let regions = objects.map { Region($0, size: size, kind: kind) }
        found = objects.enumerated().map { rank, object in Found(score: object.score ?? 1, rank: rank) }
        let skipped = areas.map { area in zip(cell.truth, truthAreas).map { $0.isCrowd || !area.contains($1) }
        }
        wanted = skipped.map { $0.count { !$0 } }
        let least = min(overlaps.min() ?? 1, 1 - 1e-10)
        // Per area range and overlap.
        var taken = [[Bool]](
            repeating: [Bool](repeating: false, count: truth.count), count: areas.count * overlaps.count)
        // One object at a time: a table of all overlaps would be the square of the file.
        for place in found.indices {
            let near = truth.indices.map {
                (place: $0, overlap: regions[place].overlap(with: truth[$0], isCrowd: cell.truth[$0].isCrowd))
            }
            .filter { $0.overlap >= least }
            for (range, area) in areas.enumerated() {
                let candidates =
                    near.filter { !skipped[range][$0.place] } + near.filter { skipped[range][$0.place] }
                for (t, overlap) in overlaps.enumerated() {
                    var best = min(overlap, 1 - 1e-10)
                    var match: Int?
                    for candidate in candidates {
                        if taken[range * overlaps.count + t][candidate.place],
                            !cell.truth[candidate.place].isCrowd
                        {
                            continue
                        }
                        if let match, !skipped[range][match], skipped[range][candidate.place] { break }
                        guard candidate.overlap >= best else { continue }
                        best = candidate.overlap
                        match = candidate.place
                    }
                    let bit: UInt16 = 1 << UInt16(t)
                    if let match {
                        taken[range * overlaps.count + t][match] = true
                        found[place].matched[range] |= bit
                        if skipped[range][match] { found[place].ignored[range] |= bit }
                    } else if !area.contains(objects[place].area ?? regions[place].area) {
                        found[place].ignored[range] |= bit
                    }
                }
            }
        }
    }
}
