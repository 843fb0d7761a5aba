package import SpanielImaging
import Tensor

extension PerSAM {
    /// An object that was seen in a picture, and how surely it is of a class, as something else than
    /// similarity says.
    package struct SeenObject: Sendable {
        /// What SAM draws there.
        package let answer: SAM.Prediction
        /// Where it was seen, x and y in pixels of the displayed picture.
        package let point: Point
        /// The probability that any of the classes is there, 0…1.
        package let place: Float
        /// The probability of the class in a closer look, 0…1.
        package let closer: Float
        /// The score of both, 0…1.
        package let score: Float

        package init(answer: SAM.Prediction, point: Point, place: Float, closer: Float, score: Float) {
            (self.answer, self.point) = (answer, point)
            (self.place, self.closer, self.score) = (place, closer, score)
        }
    }

    /// Finds every instance of several classes, of some of which it is known where they are.
    /// - Parameters:
    ///   - seen: of each class what was seen, or nil to search for it.
    ///   - options: the strategy is of those that are searched for.
    /// - Throws: what `find(_:in:options:)` throws.
    package func find(
        _ concepts: [Concept], seen: [[SeenObject]?], in encoding: Encoding, options: FindOptions
    ) throws -> Findings {
        for concept in concepts { try check(concept) }
        try check(encoding)
        let cells = Cells(encoding)
        let searches = try zip(concepts, seen).map { concept, seen in
            let scene = Scene(encoding, cells, concept, sam)
            return try seen.map { scene.result(of: $0, options) } ?? search(for: scene, options)
        }
        var findings = Arbitration(searches, options).findings
        let growths = Dictionary(
            concepts.map { ($0.className, Double($0.taught?.growth ?? 1)) }
        ) { first, _ in first }
        findings.objects = findings.objects.map { found in
            guard found.closer != nil, let growth = growths[found.className] else { return found }
            var object = found
            object.box = found.box.grown(growth).intersection(Box(encoding.frame.original))
            return object
        }
        return findings
    }

    private func search(for scene: Scene, _ options: FindOptions) throws -> SearchResult {
        let size = scene.encoding.frame.original
        return try Search([Walk(scene, part: Box(size), of: size)], options).run()
    }
}

extension Scene {
    /// Judges what was seen: each object once, those from the threshold on, the best first.
    fileprivate func result(of seen: [PerSAM.SeenObject], _ options: PerSAM.FindOptions) -> SearchResult {
        let threshold = options.threshold ?? concept.threshold
        var kept: [Mask] = []
        var found: [SearchResult.Find] = []
        for one in seen.sorted(by: { $0.score > $1.score }) {
            let small = one.answer.small
            let coverage = cells.coverage(of: small)
            let direction = cells.mean(weighing: coverage).l2Normalized()
            var verdict = PerSAM.Candidate.Verdict.weak
            if small.isEmpty {
                verdict = .empty
            } else if kept.contains(where: {
                2 * $0.intersectionArea(with: small) > min($0.area, small.area)
            }) {
                verdict = .duplicate
            } else {
                if options.single ? kept.isEmpty : one.score >= threshold { verdict = .accepted }
                kept.append(small)
            }
            let mask = verdict == .accepted ? one.answer.mask() : small
            let object = (verdict == .accepted ? mask.box : one.answer.box).map { box in
                var object = PerSAM.FoundObject(
                    className: concept.className, score: one.score,
                    similarity: concept.directions.map { $0.dot(direction) }.max() ?? -1,
                    predictedIoU: one.answer.score, presence: one.answer.presence, box: box,
                    mask: mask)
                (object.place, object.closer) = (one.place, one.closer)
                return object
            }
            found.append(
                .init(
                    object, verdict: object == nil ? .empty : verdict, point: one.point,
                    peak: similarity(at: one.point)))
        }
        return SearchResult(
            scene: self, found: found,
            stop: PerSAM.Stop(reason: .belowThreshold, peak: nil, threshold: concept.floor))
    }

    /// The similarity of the cell at a point of the displayed picture.
    private func similarity(at point: Point) -> Float {
        let nearest = similarity.indices.filter { cells.presence[$0] > 0 }.min {
            func distance(_ cell: Int) -> Double {
                let middle = cells.middle(of: cell)
                let (x, y) = (middle.x - point.x, middle.y - point.y)
                return x * x + y * y
            }
            return distance($0) < distance($1)
        }
        return nearest.map { similarity[$0] } ?? -1
    }
}

extension Box {
    /// The box made larger by a factor around its middle.
    fileprivate func grown(_ factor: Double) -> Box {
        let (x, y) = (factor * width / 2, factor * height / 2)
        return Box(x1: center.x - x, y1: center.y - y, x2: center.x + x, y2: center.y + y)
    }
}
