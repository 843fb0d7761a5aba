import SpanielImaging
import SpanielPlatform
import Tensor

/// The search for one class: segment the most similar place, remove its cells, repeat until no place is
/// similar enough, then score all candidates together.
///
/// Half of a candidate's likeness is its likeness to the best candidate, because instances in one picture
/// share light and scale. If the best candidate itself is below the threshold, the object is not here.
struct Search {
    private let scene: Scene
    private let options: PerSAM.FindOptions
    private let threshold: Float

    /// The share of a cell from which a candidate's mask covers it, so that the cell is not segmented again.
    private static let covered: Float = 0.3
    /// The number of further cells on a first rough mask that the object is segmented from too.
    private static let furtherSeeds = 2
    /// The number of similar places in a row without a new object after which the search ends.
    private static let mostMisses = 16
    /// The share of a likeness that is the likeness to the best candidate.
    private static let bestCandidateShare: Float = 0.5
    /// The share of the smaller of two masks above which both are the same object.
    private static let sameObjectShare = 0.5

    init(_ scene: Scene, _ options: PerSAM.FindOptions) {
        self.scene = scene
        self.options = options
        threshold = options.threshold ?? scene.concept.taught?.alone ?? scene.concept.threshold
    }

    /// A cell that was segmented, and the mask there, if any.
    private struct Attempt {
        let proposal: Scene.Proposal?
        let cell: Int
    }

    func run() throws -> SearchResult {
        let (attempts, stop) = options.strategy == .peak ? try followPeaks() : try visit(seeds())
        return SearchResult(scene: scene, found: judge(attempts), stop: stop)
    }

    // MARK: Which places to segment

    private func followPeaks() throws -> ([Attempt], PerSAM.Stop) {
        let floor = scene.concept.floor
        var isLeft = scene.isCandidate
        var attempts: [Attempt] = []
        var misses = 0
        func stop(_ reason: PerSAM.Stop.Reason, _ peak: Float?) -> ([Attempt], PerSAM.Stop) {
            (attempts, PerSAM.Stop(reason: reason, peak: peak, threshold: floor))
        }
        while let cell = isLeft.indices.filter({ isLeft[$0] }).max(by: {
            scene.similarity[$0] < scene.similarity[$1]
        }) {
            try Task.checkCancellation()
            let peak = scene.similarity[cell]
            // The paper's one object is segmented even where no place is similar enough.
            if peak < floor && !(options.single && attempts.isEmpty) { return stop(.belowThreshold, peak) }
            if misses >= Self.mostMisses { return stop(.exhausted, peak) }
            if options.single && !attempts.isEmpty { return stop(.single, peak) }
            let attempt = Attempt(proposal: segment(cell), cell: cell)
            let isNew =
                attempt.proposal.map { found in !attempts.contains { isSame($0.proposal, found) } } ?? false
            misses = isNew && (attempt.proposal?.quality ?? 0) >= threshold / 2 ? 0 : misses + 1
            attempts.append(attempt)
            isLeft[cell] = false
            if let proposal = attempt.proposal {
                for i in isLeft.indices where proposal.coverage[i] > Self.covered { isLeft[i] = false }
            }
            if attempts.count >= 4 * max(8, options.maximumObjects) { return stop(.maximumObjects, peak) }
        }
        return stop(.nothingLeft, nil)
    }

    /// Returns the cells that the strategies `grid` and `propose` segment: the most similar of each square.
    private func seeds() -> [Int] {
        let (rows, columns) = (scene.cells.rows, scene.cells.columns)
        let step = max(1, max(rows, columns) / 16)
        var seeds: [Int] = []
        for top in stride(from: 0, to: rows, by: step) {
            for left in stride(from: 0, to: columns, by: step) {
                let square = (top..<min(rows, top + step)).flatMap { y in
                    (left..<min(columns, left + step)).map { y * columns + $0 }
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

    private func visit(_ seeds: [Int]) throws -> ([Attempt], PerSAM.Stop) {
        let attempts = try seeds.map { cell in
            try Task.checkCancellation()
            return Attempt(proposal: scene.segment(seeds: [cell]), cell: cell)
        }
        return (attempts, PerSAM.Stop(reason: .nothingLeft, peak: nil, threshold: scene.concept.floor))
    }

    /// Segments the object at a cell: a first mask, then the best answer from several cells on it.
    private func segment(_ cell: Int) -> Scene.Proposal? {
        guard let first = scene.segment(seeds: [cell], refining: false) else { return nil }
        var seeds = [cell]
        let columns = scene.cells.columns
        func distance(_ a: Int, _ b: Int) -> Float {
            let (x, y) = (Float(a % columns - b % columns), Float(a / columns - b / columns))
            return (x * x + y * y).squareRoot()
        }
        let inside = first.coverage.indices.filter {
            first.coverage[$0] > 0.5 && scene.cells.presence[$0] > 0.3 && $0 != cell
        }
        for _ in 0..<Self.furtherSeeds {
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
        return Double(shared) > Self.sameObjectShare * Double(min(first, second))
    }

    // MARK: Which objects count

    private func judge(_ attempts: [Attempt]) -> [SearchResult.Find] {
        let proposals = attempts.compactMap(\.proposal)
        let best = proposals.filter { !$0.isNegative }.max { $0.quality < $1.quality }
        func score(_ proposal: Scene.Proposal) -> Float {
            guard let best, proposal.seed != best.seed else { return min(1, proposal.quality) }
            let own = scene.concept.likeness(proposal.similarity)
            let toBest = scene.concept.likeness(proposal.direction.dot(best.direction))
            let share = Self.bestCandidateShare
            return min(1, ((1 - share) * own + share * toBest) * proposal.certainty)
        }
        let isHere = options.single || (best?.quality ?? 0) >= threshold
        var verdicts = [PerSAM.Candidate.Verdict](repeating: .empty, count: attempts.count)
        var kept: [Scene.Proposal] = []
        // The best comes first whatever its score, because the other scores depend on it.
        let order = attempts.indices.sorted { a, b in
            guard let x = attempts[a].proposal, let y = attempts[b].proposal else {
                return attempts[a].proposal != nil
            }
            let (first, second) = (x.seed == best?.seed, y.seed == best?.seed)
            return first != second ? first : score(x) > score(y)
        }
        for i in order {
            guard let proposal = attempts[i].proposal else { continue }
            if proposal.isNegative {
                verdicts[i] = .negative
            } else if kept.contains(where: { isSame($0, proposal) }) {
                verdicts[i] = .duplicate
            } else {
                kept.append(proposal)
                verdicts[i] = isHere && (options.single || score(proposal) >= threshold) ? .accepted : .weak
            }
        }
        return attempts.indices.map { i in
            let attempt = attempts[i]
            let object = attempt.proposal.flatMap { proposal -> PerSAM.FoundObject? in
                let mask = proposal.mask(scene)
                guard let box = mask.box else { return nil }
                return PerSAM.FoundObject(
                    className: scene.concept.className, score: score(proposal),
                    similarity: proposal.similarity,
                    predictedIoU: proposal.predictedIoU, presence: proposal.presence, box: box, mask: mask)
            }
            return .init(
                object, verdict: object == nil ? .empty : verdicts[i],
                point: scene.cells.middle(of: attempt.cell),
                peak: scene.similarity[attempt.cell])
        }
    }
}
