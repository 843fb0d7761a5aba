import SpanielImaging
import Tensor

/// The places of one view of a picture that were segmented for one class, and the places that are left.
struct Walk {
    let scene: Scene
    /// The place of the view in the picture.
    let part: Box
    /// The picture's size.
    private let size: Size
    /// The cells that were segmented, in that order, and the object at each, if any.
    private(set) var attempts: [Attempt] = []
    /// The cells that may still be segmented, [hw].
    private var isLeft: [Bool]

    /// A cell that was segmented, and the object there, if any.
    struct Attempt {
        let sighting: Sighting?
        let cell: Int
    }

    /// When a walk from peak to peak ends.
    struct Limits {
        /// The similarity from which a cell is segmented.
        var floor: Float
        /// The quality from which a new mask ends a row of misses.
        var quality: Float
        /// The most cells to segment, with those that were segmented before.
        var attempts: Int
        /// Whether to segment the most similar cell only, however unlike.
        var single = false
    }

    /// The share of a cell from which a candidate's mask covers it, so that the cell is not segmented again.
    private static let covered: Float = 0.3
    /// The number of further cells on a first rough mask that the object is segmented from too.
    private static let furtherSeeds = 2
    /// The number of similar places in a row without a new object after which the walk ends.
    private static let mostMisses = 16

    init(_ scene: Scene, part: Box, of size: Size) {
        (self.scene, self.part, self.size) = (scene, part, size)
        isLeft = scene.isCandidate
    }

    /// Segments the most similar cell that is left, again and again.
    /// - Parameter similarity: what cells are chosen by, [hw].
    mutating func followPeaks(of similarity: [Float], _ limits: Limits) throws -> PerSAM.Stop {
        var misses = 0
        func stop(_ reason: PerSAM.Stop.Reason, _ peak: Float?) -> PerSAM.Stop {
            PerSAM.Stop(reason: reason, peak: peak, threshold: limits.floor)
        }
        while let cell = isLeft.indices.filter({ isLeft[$0] }).max(by: { similarity[$0] < similarity[$1] }) {
            try Task.checkCancellation()
            let peak = similarity[cell]
            // The paper's one object is segmented even where no place is similar enough.
            if peak < limits.floor && !(limits.single && attempts.isEmpty) {
                return stop(.belowThreshold, peak)
            }
            if misses >= Self.mostMisses { return stop(.exhausted, peak) }
            if limits.single && !attempts.isEmpty { return stop(.single, peak) }
            if attempts.count >= limits.attempts { return stop(.maximumObjects, peak) }
            let found = segment(cell, similarity).map(sighting)
            let isNew =
                found.map { found in
                    !attempts.contains { $0.sighting?.isSame(found, inOneView: true) ?? false }
                } ?? false
            misses = isNew && (found?.quality ?? 0) >= limits.quality ? 0 : misses + 1
            attempts.append(Attempt(sighting: found, cell: cell))
            isLeft[cell] = false
            guard let found else { continue }
            for i in isLeft.indices where found.coverage[i] > Self.covered { isLeft[i] = false }
        }
        return stop(.nothingLeft, nil)
    }

    /// Segments given cells.
    mutating func visit(_ cells: [Int]) throws {
        for cell in cells {
            try Task.checkCancellation()
            attempts.append(Attempt(sighting: scene.segment(seeds: [cell]).map(sighting), cell: cell))
        }
    }

    private func sighting(_ proposal: Scene.Proposal) -> Sighting {
        Sighting(proposal, scene, part: part, of: size)
    }

    /// Segments the object at a cell: a first mask, then the best answer from several cells on it.
    private func segment(_ cell: Int, _ similarity: [Float]) -> Scene.Proposal? {
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
                similarity[cell] * min(3, seeds.map { distance($0, cell) }.min() ?? 0)
            }
            guard let next = inside.max(by: { worth($0) < worth($1) }), !seeds.contains(next) else { break }
            seeds.append(next)
        }
        return scene.segment(seeds: seeds)
    }
}
