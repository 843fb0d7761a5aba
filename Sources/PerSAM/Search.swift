import SpanielImaging
import SpanielPlatform
import Tensor

/// The search for one class: look at the most similar place, segment what is there, take it off the map, and
/// go on until nothing similar is left; then judge everything together.
///
/// The best candidate vouches for the others: what resembles it as well as the example scores higher, as
/// instances in one picture share light and scale. If the best itself is weak, the object is not here.
struct Search {
    private let scene: Scene
    private let options: PerSAM.FindOptions
    private let threshold: Float

    /// A cell more covered than this by a candidate is not looked at again.
    private static let taken: Float = 0.3
    /// Further places on a first rough mask from which the object is segmented too; the best answer counts.
    private static let looks = 2
    /// Similar places one after another without a new object, after which the search ends.
    private static let misses = 16
    /// How much of a score the likeness to the best candidate makes.
    private static let vouching: Float = 0.5
    /// Of the smaller of two masks, from which they are the same object.
    private static let sharing = 0.5

    init(_ scene: Scene, _ options: PerSAM.FindOptions) {
        self.scene = scene
        self.options = options
        threshold = options.threshold ?? scene.concept.threshold
    }

    private struct Look {
        let proposal: Scene.Proposal?
        let cell: Int
    }

    func run() throws -> SearchResult {
        let (looks, stop) = options.strategy == .peak ? try followPeaks() : try visit(seeds())
        return SearchResult(scene: scene, found: judge(looks), stop: stop)
    }

    // MARK: Where to look

    private func followPeaks() throws -> ([Look], PerSAM.Stop) {
        let floor = scene.concept.floor
        var alive = scene.isCandidate
        var looks: [Look] = []
        var misses = 0
        func stop(_ reason: PerSAM.Stop.Reason, _ peak: Float?) -> ([Look], PerSAM.Stop) {
            (looks, PerSAM.Stop(reason: reason, peak: peak, threshold: floor))
        }
        while let cell = alive.indices.filter({ alive[$0] }).max(by: {
            scene.similarity[$0] < scene.similarity[$1]
        }) {
            try Task.checkCancellation()
            let peak = scene.similarity[cell]
            // The paper's one object is looked for even where nothing is similar enough.
            if peak < floor && !(options.single && looks.isEmpty) { return stop(.belowThreshold, peak) }
            if misses >= Self.misses { return stop(.exhausted, peak) }
            if options.single && !looks.isEmpty { return stop(.single, peak) }
            let look = Look(proposal: segment(cell), cell: cell)
            let isNew = look.proposal.map { found in !looks.contains { isSame($0.proposal, found) } } ?? false
            misses = isNew && (look.proposal?.quality ?? 0) >= threshold / 2 ? 0 : misses + 1
            looks.append(look)
            alive[cell] = false
            if let proposal = look.proposal {
                for i in alive.indices where proposal.coverage[i] > Self.taken { alive[i] = false }
            }
            if looks.count >= 4 * max(8, options.maximumObjects) { return stop(.maximumObjects, peak) }
        }
        return stop(.nothingLeft, nil)
    }

    /// The seeds of the strategies that look everywhere at once.
    private func seeds() -> [Int] {
        let side = scene.cells.side
        let step = max(1, side / 16)
        var seeds: [Int] = []
        for top in stride(from: 0, to: side, by: step) {
            for left in stride(from: 0, to: side, by: step) {
                let square = (top..<min(side, top + step)).flatMap { y in
                    (left..<min(side, left + step)).map { y * side + $0 }
                }
                let best = square.filter { scene.isCandidate[$0] }.max {
                    scene.similarity[$0] < scene.similarity[$1]
                }
                if let best, options.strategy == .propose || scene.similarity[best] >= scene.concept.floor {
                    seeds.append(best)
                }
            }
        }
        return seeds.sorted { scene.similarity[$0] > scene.similarity[$1] }
    }

    private func visit(_ seeds: [Int]) throws -> ([Look], PerSAM.Stop) {
        let looks = try seeds.map { cell in
            try Task.checkCancellation()
            return Look(proposal: scene.segment(seeds: [cell]), cell: cell)
        }
        return (looks, PerSAM.Stop(reason: .nothingLeft, peak: nil, threshold: scene.concept.floor))
    }

    /// The object at a cell: a first mask, then the best of several places on it.
    private func segment(_ cell: Int) -> Scene.Proposal? {
        guard let first = scene.segment(seeds: [cell], refining: false) else { return nil }
        var seeds = [cell]
        let side = scene.cells.side
        func distance(_ a: Int, _ b: Int) -> Float {
            let (x, y) = (Float(a % side - b % side), Float(a / side - b / side))
            return (x * x + y * y).squareRoot()
        }
        let inside = first.coverage.indices.filter {
            first.coverage[$0] > 0.5 && scene.cells.presence[$0] > 0.3 && $0 != cell
        }
        for _ in 0..<Self.looks {
            func worth(_ cell: Int) -> Float {
                scene.similarity[cell] * min(3, seeds.map { distance($0, cell) }.min() ?? 0)
            }
            guard let next = inside.max(by: { worth($0) < worth($1) }), !seeds.contains(next) else { break }
            seeds.append(next)
        }
        return scene.segment(seeds: seeds)
    }

    private func isSame(_ a: Scene.Proposal?, _ b: Scene.Proposal) -> Bool {
        guard let a else { return false }
        let (x, y) = (a.logits.array, b.logits.array)
        var (shared, first, second) = (0, 0, 0)
        for i in x.indices where scene.isInside[i] {
            if x[i] > 0 { first += 1 }
            if y[i] > 0 { second += 1 }
            if x[i] > 0 && y[i] > 0 { shared += 1 }
        }
        return Double(shared) > Self.sharing * Double(min(first, second))
    }

    // MARK: What counts

    private func judge(_ looks: [Look]) -> [SearchResult.Find] {
        let proposals = looks.compactMap(\.proposal)
        let best = proposals.filter { !$0.isNegative }.max { $0.quality < $1.quality }
        func score(_ proposal: Scene.Proposal) -> Float {
            guard let best, proposal.seed != best.seed else { return min(1, proposal.quality) }
            let own = scene.concept.likeness(proposal.similarity)
            let vouched = scene.concept.likeness(proposal.direction.dot(best.direction))
            return min(
                1, ((1 - Self.vouching) * own + Self.vouching * vouched) * proposal.stability.squareRoot())
        }
        let isHere = options.single || (best?.quality ?? 0) >= threshold
        var verdicts = [PerSAM.Candidate.Verdict](repeating: .empty, count: looks.count)
        var kept: [Scene.Proposal] = []
        // The best first, whatever its score: it vouches for the rest.
        let order = looks.indices.sorted { a, b in
            guard let x = looks[a].proposal, let y = looks[b].proposal else {
                return looks[a].proposal != nil
            }
            let (first, second) = (x.seed == best?.seed, y.seed == best?.seed)
            return first != second ? first : score(x) > score(y)
        }
        for i in order {
            guard let proposal = looks[i].proposal else { continue }
            if proposal.isNegative {
                verdicts[i] = .negative
            } else if kept.contains(where: { isSame($0, proposal) }) {
                verdicts[i] = .duplicate
            } else {
                kept.append(proposal)
                verdicts[i] = isHere && (options.single || score(proposal) >= threshold) ? .accepted : .weak
            }
        }
        return looks.indices.map { i in
            let look = looks[i]
            let object = look.proposal.flatMap { proposal -> PerSAM.FoundObject? in
                let mask = proposal.mask(scene)
                guard let box = mask.box else { return nil }
                return PerSAM.FoundObject(
                    className: scene.concept.className, score: score(proposal),
                    similarity: proposal.similarity,
                    predictedIoU: proposal.predictedIoU, box: box, mask: mask)
            }
            return .init(
                object, verdict: object == nil ? .empty : verdicts[i],
                point: scene.cells.middle(of: look.cell),
                peak: scene.similarity[look.cell])
        }
    }
}
