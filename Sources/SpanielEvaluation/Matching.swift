import SpanielAnnotations
package import SpanielImaging

/// Says what is compared: boxes or pixels.
public enum EvaluationKind: String, Sendable, CaseIterable {
    /// Boxes are compared, those of masks too.
    case boxes
    /// Pixels are compared; an object with only a box counts with all pixels in it.
    case masks
}

/// The rules of COCO: overlaps, area ranges, and the largest numbers of objects a picture.
package enum COCORules {
    /// The ten overlaps of numpy's linspace(0.5, 0.95, 10), to the bit, since an overlap may equal one of
    /// them.
    package static let overlaps: [Double] = linspace(0.5, 0.95, 10)
    /// The 101 recalls of numpy's linspace(0, 1, 101).
    package static let recalls: [Double] = linspace(0, 1, 101)
    /// The area ranges in pixels, both ends included: all, small, medium, large.
    package static let areas: [ClosedRange<Double>] = [0...1e10, 0...1024, 1024...9216, 9216...1e10]
    package static let maxima = [1, 10, 100]

    private static func linspace(_ first: Double, _ last: Double, _ count: Int) -> [Double] {
        let step = (last - first) / Double(count - 1)
        return (0..<count - 1).map { Double($0) * step + first } + [last]
    }
}

/// The found objects of one class in one picture, each with its match at every overlap and in every area
/// range.
package struct Matches {
    /// One found object; bit t of the words stands for overlap t.
    package struct Found {
        package let score: Double
        /// Its place by score among those of the picture, from 0.
        package let rank: Int
        /// Whether it was matched to a truth, one that counts or one that does not, for each area range (four
        /// at most).
        package var matched = SIMD4<UInt16>()
        /// Whether it counts neither as right nor as wrong, for each area range.
        package var ignored = SIMD4<UInt16>()
    }

    package var found: [Found]
    /// The number of truths to find, for each area range.
    package var wanted: [Int]

    /// Matches greedily, the best score first.
    ///
    /// Each found object takes the free truth that it overlaps most, one that counts before one that does
    /// not; a crowd can be taken any number of times.
    package init(
        _ cell: Pairing.Cell, size: Size, kind: EvaluationKind, overlaps: [Double],
        areas: [ClosedRange<Double>], limit: Int
    ) {
        let truth = cell.truth.map { Region($0, size: size, kind: kind) }
        let truthAreas = zip(cell.truth, truth).map { $0.area ?? $1.area }
        // The order is stable: the first of equal scores stays first, as in pycocotools.
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
        // One flag for each truth, for each area range and overlap.
        var taken = [[Bool]](
            repeating: [Bool](repeating: false, count: truth.count), count: areas.count * overlaps.count)
        // One object at a time, since a table of all overlaps would grow with the square of the file.
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
