import Tensor

/// The objects found so far as further examples: the instances in one picture share light and scale, which
/// they may not share with the examples.
///
/// Few objects that are alike may be alike by chance, so that many are needed. An object that drifts from the
/// examples themselves, or is of quite another size, is refused, however like the others it is.
struct Vouchers {
    /// The directions of the best objects, [C] of length one each.
    private let directions: [Tensor]
    /// The mean similarity to them of the cells that nothing was found on, at least 0: likeness 0.
    private let background: Float
    /// The similarity to them from which a cell is segmented.
    let floor: Float
    /// The best of the objects' own likenesses, times certainty.
    private let best: Float
    /// The median of the objects' areas in pixels.
    private let area: Float

    /// The fewest objects that vouch: in composed scenes of up to four instances nearly all that fewer
    /// vouched for was false.
    private static let fewest = 6
    /// The most objects that vouch.
    private static let most = 8
    /// The share of a likeness that is the likeness to the nearest voucher; the rest is the likeness to the
    /// examples, as a share of the best object's.
    private static let share: Float = 0.75
    /// The share of the best object's own quality that another needs.
    private static let leastQuality: Float = 0.5
    /// How many times larger or smaller than the others' median an object may be.
    private static let areaRange: Float = 3

    /// The best objects of all views; nil if too few count.
    init?(_ judgement: Judgement, _ walks: [Walk]) {
        let accepted = judgement.accepted.compactMap { place in
            walks[place.walk].attempts[place.attempt].sighting.map { (walk: place.walk, sighting: $0) }
        }
        guard accepted.count >= Self.fewest else { return nil }
        let directions = accepted.prefix(Self.most).map(\.sighting.direction)
        best = accepted.map(\.sighting.quality).max() ?? 0
        area = accepted.map { Float($0.sighting.mask.area) }.median ?? 0
        var (beside, inside): ([Float], [Float]) = ([], [])
        for (w, walk) in walks.enumerated() {
            let cells = walk.scene.cells
            let similarity = cells.similarity(to: directions)
            let all = Self.joined(walk.attempts.compactMap(\.sighting?.coverage), similarity.count)
            let found = Self.joined(
                accepted.filter { $0.walk == w }.map(\.sighting.coverage), similarity.count)
            let full = min(0.5, found.max() ?? 0)
            for i in similarity.indices where cells.presence[i] > 0.3 {
                if found[i] > 0 && found[i] >= full { inside.append(similarity[i]) }
                if all[i] < 0.05 && cells.presence[i] > 0.5 { beside.append(similarity[i]) }
            }
        }
        self.directions = directions
        background = max(0, beside.average ?? walks[0].scene.concept.background)
        floor = background + ((inside.median ?? 1) - background) / 2
    }

    /// The highest coverage of each cell by any of some masks, [hw].
    private static func joined(_ coverages: [[Float]], _ count: Int) -> [Float] {
        coverages.reduce(into: [Float](repeating: 0, count: count)) { highest, coverage in
            for i in highest.indices { highest[i] = max(highest[i], coverage[i]) }
        }
    }

    /// The cosine of each cell with the nearest voucher, [hw].
    func similarity(in scene: Scene) -> [Float] { scene.cells.similarity(to: directions) }

    /// The score of an object by what vouches for it, 0…1.
    func score(_ sighting: Sighting, _ concept: PerSAM.Concept) -> Float {
        let nearest = directions.map { $0.dot(sighting.direction) }.max() ?? -1
        let likeness = max(0, min(1, (nearest - background) / max(1e-6, 1 - background)))
        let own = concept.likeness(sighting.similarity) / max(1e-6, best)
        return max(0, min(1, ((1 - Self.share) * own + Self.share * likeness) * sighting.certainty))
    }

    /// Whether an object is like enough to the examples themselves, and about as large as the others.
    func suffices(_ sighting: Sighting) -> Bool {
        let size = Float(sighting.mask.area)
        return sighting.quality >= Self.leastQuality * best && size <= Self.areaRange * area
            && Self.areaRange * size >= area
    }
}
