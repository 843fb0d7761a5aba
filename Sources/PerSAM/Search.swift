import SpanielImaging

/// The search for one class in all views of a picture: segment the most similar place, remove its cells,
/// repeat until no place is similar enough, then score all candidates together.
///
/// What is found then vouches for more: the objects of one picture share light and scale, and places that are
/// like them are segmented too, until nothing new is found.
struct Search {
    private var walks: [Walk]
    private let options: PerSAM.FindOptions
    private let threshold: Float

    /// The most times that what was found vouches for more.
    private static let rounds = 3

    /// - Parameter walks: one for each view of the picture, the whole picture first.
    init(_ walks: [Walk], _ options: PerSAM.FindOptions) {
        (self.walks, self.options) = (walks, options)
        let concept = walks[0].scene.concept
        threshold = options.threshold ?? concept.taught?.alone ?? concept.threshold
    }

    func run() throws -> SearchResult {
        var search = self
        let stops = try search.look()
        var judgement = Judgement(search.walks, threshold: threshold, single: options.single)
        if options.strategy == .peak && !options.single {
            for _ in 0..<Self.rounds {
                guard let vouchers = Vouchers(judgement, search.walks) else { break }
                for i in search.walks.indices {
                    _ = try search.walks[i].followPeaks(
                        of: vouchers.similarity(in: search.walks[i].scene),
                        Walk.Limits(floor: vouchers.floor, quality: 0, attempts: mostAttempts))
                }
                let count = judgement.accepted.count
                judgement.judgeAgain(search.walks, by: vouchers)
                if judgement.accepted.count == count { break }
            }
        }
        let stop = stops.max { ($0.peak ?? -1) < ($1.peak ?? -1) }
        return SearchResult(
            scene: walks[0].scene, found: judgement.finds(search.walks),
            stop: stop ?? PerSAM.Stop(reason: .nothingLeft, peak: nil, threshold: 0))
    }

    /// The most places to segment in a view, those that hold nothing included.
    private var mostAttempts: Int {
        4 * max(8, min(options.maximumObjects, walks[0].scene.similarity.count))
    }

    /// Segments the places of every view that the strategy names.
    private mutating func look() throws -> [PerSAM.Stop] {
        try walks.indices.map { i in
            let scene = walks[i].scene
            let floor = scene.concept.floor
            guard options.strategy != .peak else {
                return try walks[i].followPeaks(
                    of: scene.similarity,
                    Walk.Limits(
                        floor: floor, quality: threshold / 2, attempts: mostAttempts, single: options.single))
            }
            try walks[i].visit(seeds(scene))
            return PerSAM.Stop(reason: .nothingLeft, peak: nil, threshold: floor)
        }
    }

    /// Returns the cells that the strategies `grid` and `propose` segment: the most similar of each square.
    private func seeds(_ scene: Scene) -> [Int] {
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
}
