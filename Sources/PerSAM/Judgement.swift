import SpanielImaging
import Tensor

/// Which of the objects that were segmented count.
///
/// Half of a candidate's likeness is its likeness to the best candidate, because instances in one picture
/// share light and scale. If the best candidate itself is below the threshold, the object is not here.
struct Judgement {
    /// The place of an attempt: its walk, and its number in it.
    struct Place: Hashable {
        let walk: Int
        let attempt: Int
    }

    /// The score and the verdict of each object that was segmented.
    private var scores: [Place: Float] = [:]
    private var verdicts: [Place: PerSAM.Candidate.Verdict] = [:]
    /// The objects that count, the best score first.
    private(set) var accepted: [Place] = []
    private let threshold: Float

    /// The share of a likeness that is the likeness to the best candidate.
    private static let bestCandidateShare: Float = 0.5

    /// - Parameter single: whether the best object counts whatever its score.
    init(_ walks: [Walk], threshold: Float, single: Bool) {
        self.threshold = threshold
        let all = Self.sightings(walks)
        let best = all.filter { !$0.sighting.isNegative }.max {
            $0.sighting.quality < $1.sighting.quality
        }
        func isBest(_ one: Placed) -> Bool {
            one.sighting.seed == best?.sighting.seed && one.place.walk == best?.place.walk
        }
        for one in all {
            guard let best, !isBest(one) else {
                scores[one.place] = min(1, one.sighting.quality)
                continue
            }
            let concept = walks[one.place.walk].scene.concept
            let own = concept.likeness(one.sighting.similarity)
            let toBest = concept.likeness(one.sighting.direction.dot(best.sighting.direction))
            let share = Self.bestCandidateShare
            scores[one.place] = min(1, ((1 - share) * own + share * toBest) * one.sighting.certainty)
        }
        let isHere = single || (best?.sighting.quality ?? 0) >= threshold
        // The best comes first whatever its score, because the other scores depend on it.
        select(all, walks, first: isBest) { isHere && (single || $1 >= threshold) }
    }

    /// Scores every object by what vouches for it too, and decides again; what counted before still does.
    mutating func judgeAgain(_ walks: [Walk], by vouchers: Vouchers) {
        let before = Set(accepted)
        let all = Self.sightings(walks)
        for one in all where vouchers.suffices(one.sighting) {
            scores[one.place] = max(
                scores[one.place] ?? 0, vouchers.score(one.sighting, walks[one.place.walk].scene.concept))
        }
        let threshold = threshold
        select(all, walks, first: { before.contains($0.place) }) {
            before.contains($0.place) || $1 >= threshold
        }
    }

    /// Goes through the objects from the best down; one that shares too much with a better one is the same.
    private mutating func select(
        _ all: [Placed], _ walks: [Walk], first: (Placed) -> Bool,
        counts: (Placed, _ score: Float) -> Bool
    ) {
        func rank(_ one: Placed) -> (Bool, Float) { (first(one), scores[one.place] ?? 0) }
        let order = all.map { (one: $0, rank: rank($0)) }.sorted {
            $0.rank.0 != $1.rank.0 ? $0.rank.0 : $0.rank.1 > $1.rank.1
        }
        var kept: [Placed] = []
        accepted = []
        for (one, (_, score)) in order {
            if one.sighting.isNegative {
                verdicts[one.place] = .negative
            } else if kept.contains(where: { isSame($0, one) }) {
                verdicts[one.place] = .duplicate
            } else {
                kept.append(one)
                let isAccepted = counts(one, score)
                verdicts[one.place] = isAccepted ? .accepted : .weak
                if isAccepted { accepted.append(one.place) }
            }
        }
        accepted.sort { scores[$0] ?? 0 > scores[$1] ?? 0 }
    }

    private func isSame(_ a: Placed, _ b: Placed) -> Bool {
        a.sighting.isSame(b.sighting, inOneView: a.place.walk == b.place.walk)
    }

    private typealias Placed = (place: Place, sighting: Sighting)

    private static func sightings(_ walks: [Walk]) -> [Placed] {
        walks.indices.flatMap { w in
            walks[w].attempts.indices.compactMap { a in
                guard let found = walks[w].attempts[a].sighting, !found.isCut else { return nil }
                return (Place(walk: w, attempt: a), found)
            }
        }
    }

    /// What became of each place, walk after walk.
    func finds(_ walks: [Walk]) -> [SearchResult.Find] {
        walks.indices.flatMap { w in
            walks[w].attempts.indices.map { a in
                let (walk, place) = (walks[w], Place(walk: w, attempt: a))
                let attempt = walk.attempts[a]
                let object = attempt.sighting.flatMap { found in
                    found.mask.box.map { box in
                        PerSAM.FoundObject(
                            className: walk.scene.concept.className, score: scores[place] ?? 0,
                            similarity: found.similarity, predictedIoU: found.predictedIoU,
                            presence: found.presence, box: box, boxed: found.mask)
                    }
                }
                let middle = walk.scene.cells.middle(of: attempt.cell)
                let verdict = attempt.sighting?.isCut == true ? .cut : verdicts[place] ?? .empty
                return .init(
                    object, verdict: object == nil ? .empty : verdict,
                    point: Point(x: middle.x + walk.part.x1, y: middle.y + walk.part.y1),
                    peak: walk.scene.similarity[attempt.cell])
            }
        }
    }
}
