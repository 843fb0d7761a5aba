import SpanielImaging
import Tensor

/// One encoded picture compared with one concept.
struct Scene {
    let sam: SAM
    let encoding: SAM.Encoding
    let concept: PerSAM.Concept
    /// The concept's directions, those from further away too, [C] of length one each.
    private let views: [Tensor]
    let cells: Cells
    /// The cosine of each cell with the nearest example, [hw].
    let similarity: [Float]
    /// Whether each cell may be segmented, [hw]: it lies in the picture and is less like a negative example.
    let isCandidate: [Bool]
    /// Whether each low-resolution pixel lies in the picture, [4h · 4w].
    let isInside: [Bool]
    /// The least similar place, in pixels of the displayed picture.
    let negative: Point
    private let guidance: SAM.MaskDecoder.Guidance?

    /// How a mask covers cells that are not SAM's own; nil for those that are.
    private let maskCoverage: MaskCoverage?
    /// The rows, and columns, of a mask at low resolution.
    let maskSide: Int

    /// - Parameter cells: those of `encoding`, built once for all concepts.
    init(_ encoding: PerSAM.Encoding, _ cells: Cells, _ concept: PerSAM.Concept, _ sam: SAM) {
        self.sam = sam
        self.encoding = encoding.masks
        self.concept = concept
        views = concept.views
        let similarity = cells.similarity(to: views)
        let against = cells.similarity(to: concept.negatives)
        let inPicture = cells.presence.map { $0 > 0.3 }
        isCandidate = similarity.indices.map { inPicture[$0] && similarity[$0] > against[$0] }
        let visible = similarity.indices.filter { inPicture[$0] }
        negative = cells.middle(of: visible.min { similarity[$0] < similarity[$1] } ?? 0)
        let own = encoding.masks.embedding.shape[0]
        let side = 4 * own
        let (rows, columns) = Self.extent(encoding.frame, side)
        isInside = (0..<side * side).map { $0 / side < rows && $0 % side < columns }
        maskSide = side
        let isOwn = encoding.features == nil
        maskCoverage = isOwn ? nil : MaskCoverage(cells, side: side)
        let known =
            concept.prompting == .guided ? Self.attention(similarity, visible, cells, isOwn ? nil : own) : nil
        guidance = known.map { .init(attention: $0, target: concept.target ?? concept.features[0]) }
        (self.cells, self.similarity) = (cells, similarity)
    }

    /// Counts the rows and columns of a map over the square input that the picture covers.
    private static func extent(_ frame: SAM.Frame, _ side: Int) -> (rows: Int, columns: Int) {
        func covered(_ length: Int) -> Int { min(side, (length * side + frame.side - 1) / frame.side) }
        return (covered(frame.resized.height), covered(frame.resized.width))
    }

    /// Returns PerSAM's attention map, aligned with SAM's grid: the sigmoid of the similarity, standardised
    /// over the cells in the picture.
    /// - Parameter side: SAM's cells along a side, where `cells` are not SAM's own.
    private static func attention(
        _ similarity: [Float], _ visible: [Int], _ cells: Cells, _ side: Int?
    ) -> Tensor {
        guard let side else { return attention(similarity, visible) }
        let resampled = cells.resampled(similarity, toSAM: side)
        let visible = resampled.indices.filter { resampled[$0] != nil }
        return attention(resampled.map { $0 ?? 0 }, visible)
    }

    private static func attention(_ similarity: [Float], _ visible: [Int]) -> Tensor {
        let values = Tensor(visible.map { similarity[$0] }, [visible.count])
        let deviation = visible.count > 1 ? max(1e-6, values.standardDeviation()) : 1
        let mean = values.mean()
        var standard = [Float](repeating: -100, count: similarity.count)
        for cell in visible { standard[cell] = (similarity[cell] - mean) / deviation }
        return Tensor(standard, [standard.count]).sigmoid()
    }

    /// Returns a mask at low resolution, [4h · 4w]: the pixels that it covers by more than half.
    func lowResolution(_ mask: Mask) -> [Bool] {
        let pixel = Double(encoding.frame.side) / Double(maskSide)
        return Cells.coverage(
            of: mask, encoding.frame, cell: (pixel, pixel), rows: maskSide, columns: maskSide
        ).map { $0 > 0.5 }
    }

    /// One mask of the decoder and the measures that judge it.
    struct Proposal {
        /// The mask at low resolution, [4h, 4w].
        let logits: Tensor
        /// The intersection over union that the decoder predicts.
        let predictedIoU: Float
        /// SAM 2's probability that the prompt marks an object that is there; nil for SAM.
        let presence: Float?
        /// The cosine of the mask's mean feature with the nearest example's.
        let similarity: Float
        /// Whether the mask resembles a negative example more.
        let isNegative: Bool
        /// The area above logit 1 over the area above logit -1, 0…1 (SAM, appendix B).
        let stability: Float
        /// The mask's mean feature at length one, [C].
        let direction: Tensor
        /// The share of each cell that the mask covers, 0…1, [hw].
        let coverage: [Float]
        /// The likeness times `certainty`, 0…1.
        let quality: Float
        /// The cell that was prompted.
        let seed: Int

        /// What every likeness is multiplied by, 0…1.
        var certainty: Float { PerSAM.certainty(stability: stability, presence: presence) }

        /// Ranks masks proposed at one place. Predicted IoU separates a whole object from half of it, which
        /// looks just as similar; it says nothing about the class, so that the score does not use it.
        var wholeness: Float { quality * max(0, predictedIoU) }

        func mask(_ scene: Scene) -> Mask {
            SAM.Prediction(score: predictedIoU, logits: logits, frame: scene.encoding.frame).mask()
        }
    }

    /// Segments the object that some cells lie on. Each cell is prompted by itself, and the best answer is
    /// refined twice, first with its mask as the prompt, then with its box too (PerSAM, section 3.2); a step
    /// that makes the mask worse is dropped.
    /// - Parameters:
    ///   - seeds: cells.
    ///   - refining: false returns the best first answer.
    /// - Returns: nil if no cell gives a mask.
    func segment(seeds: [Int], refining: Bool = true) -> Proposal? {
        let prompts = seeds.map { seed in
            var points = [SAM.Prompt.LabelledPoint(cells.middle(of: seed), isObject: true)]
            if concept.prompting != .plain { points.append(.init(negative, isObject: false)) }
            return SAM.Prompt(points: points)
        }
        var found: [Proposal] = []
        if let weights = concept.weights {
            let (logits, scores, presence) = sam.decode(prompts: prompts, in: encoding, multimask: true)
            for (i, seed) in seeds.enumerated() {
                let mixed = weights.mixture(of: logits[leading: i])
                found += judge(
                    mixed.reshaped(Tensor.Shape([1] + mixed.shape.extents)), [scores[leading: i].maximum()],
                    presence?[i], seed)
            }
        } else {
            for multimask in guidance == nil ? [true] : [false, true] {
                let (logits, scores, presence) = sam.decode(
                    prompts: prompts, in: encoding, multimask: multimask, guidance: guidance)
                for (i, seed) in seeds.enumerated() {
                    found += judge(logits[leading: i], scores[leading: i].array, presence?[i], seed)
                }
            }
        }
        guard var best = found.best else { return nil }
        guard refining else { return best }
        var prompt = prompts[seeds.firstIndex(of: best.seed) ?? 0]
        var current = best
        for withBox in [false, true] {
            prompt.mask = current.logits
            if withBox { prompt.box = box(around: current.logits) }
            let (logits, scores, presence) = sam.decode(prompts: [prompt], in: encoding, multimask: true)
            let answers = judge(logits[leading: 0], scores[leading: 0].array, presence?[0], current.seed)
            guard let next = answers.best else { break }
            current = next
            if next.wholeness > best.wholeness { best = next }
        }
        return best
    }

    /// Measures the masks of one seed; a mask of fewer than four low-resolution pixels is dropped.
    /// - Parameter presence: SAM 2's logit; nil for SAM.
    private func judge(_ logits: Tensor, _ scores: [Float], _ presence: Float?, _ seed: Int) -> [Proposal] {
        let presence = presence.map { Tensor([$0], [1]).sigmoid()[0] }
        return scores.indices.compactMap { i in
            let map = logits[leading: i]
            let values = map.array
            var (area, strict, lax) = (0, 0, 0)
            for p in values.indices where isInside[p] {
                if values[p] > 0 { area += 1 }
                if values[p] > 1 { strict += 1 }
                if values[p] > -1 { lax += 1 }
            }
            guard area >= 4 else { return nil }
            let coverage = coverage(of: map.sigmoid())
            let direction = cells.mean(weighing: coverage).l2Normalized()
            let similarity = views.map { $0.dot(direction) }.max() ?? -1
            let stability = Float(strict) / Float(max(1, lax))
            return Proposal(
                logits: map, predictedIoU: scores[i], presence: presence, similarity: similarity,
                isNegative: concept.negatives.contains { $0.dot(direction) > similarity },
                stability: stability, direction: direction,
                coverage: coverage,
                quality: concept.likeness(similarity)
                    * PerSAM.certainty(stability: stability, presence: presence), seed: seed)
        }
    }

    /// Returns the share of each cell that a mask covers, 0…1, [hw].
    /// - Parameter probabilities: [4h, 4w].
    private func coverage(of probabilities: Tensor) -> [Float] {
        if let maskCoverage { return maskCoverage(probabilities) }
        // A cell of SAM's own is 4 × 4 pixels.
        var coverage = [Float](repeating: 0, count: cells.count)
        let values = probabilities.array
        for p in values.indices where isInside[p] {
            coverage[p / maskSide / 4 * cells.columns + p % maskSide / 4] += values[p] / 16
        }
        return coverage
    }

    /// Returns the box of a low-resolution mask in pixels of the displayed picture; x2 and y2 are the last
    /// pixel inside, as in the authors' code.
    private func box(around logits: Tensor) -> Box? {
        let side = maskSide
        let values = logits.array
        var (left, top, right, bottom) = (side, side, -1, -1)
        for p in values.indices where isInside[p] && values[p] > 0 {
            (left, right) = (min(left, p % side), max(right, p % side))
            (top, bottom) = (min(top, p / side), max(bottom, p / side))
        }
        guard right >= 0 else { return nil }
        let frame = encoding.frame
        let (width, height) = (Double(frame.original.width), Double(frame.original.height))
        let step = Double(frame.side) / Double(side)
        let (across, down) = (
            step * width / Double(frame.resized.width), step * height / Double(frame.resized.height)
        )
        return Box(
            x1: Double(left) * across, y1: Double(top) * down, x2: min(width, Double(right + 1) * across) - 1,
            y2: min(height, Double(bottom + 1) * down) - 1)
    }
}

extension PerSAM {
    /// Returns the factor of a mask's likeness, 0…1: the square root of its stability and, if SAM 2 thinks it
    /// more likely that nothing is there, twice the presence.
    package static func certainty(stability: Float, presence: Float?) -> Float {
        stability.squareRoot() * min(1, 2 * (presence ?? 1))
    }
}

extension Array where Element == Scene.Proposal {
    /// The mask with the highest `wholeness`, or nil of none.
    var best: Scene.Proposal? { self.max { $0.wholeness < $1.wholeness } }
}
