public import SpanielImaging
import Tensor

extension CLIPSeg {
    /// Computes the probability of each class in each pixel: the highest that any of its prompts gives.
    /// - Parameters:
    ///   - concepts: classes of this model.
    ///   - encoding: the encoded picture.
    ///   - picture: the same picture, if the edges should follow its own.
    /// - Returns: one map for each class, in their order.
    /// - Throws: `ConceptError` for concepts of another model; `CLIPSegError` for another picture;
    ///   `CancellationError`.
    public func scores(for concepts: [Concept], in encoding: Encoding, refinedBy picture: Picture? = nil)
        throws -> [ScoreMap]
    {
        for concept in concepts { try check(concept) }
        let logits = try logits(for: concepts.flatMap(\.conditionals), in: encoding)
        var start = 0
        return try concepts.map { concept in
            let own = logits[leading: start..<start + concept.conditionals.count]
            start += concept.conditionals.count
            let map = ScoreMap(logits: own.maximumOfLeading(), size: encoding.size)
            return try picture.map { try map.refined(by: $0) } ?? map
        }
    }

    /// Computes the probability of one prompt in each pixel.
    /// - Throws: `CLIPSegError` for a prompt of another model; `CancellationError`.
    public func scores(for prompt: Conditional, in encoding: Encoding) throws -> ScoreMap {
        ScoreMap(logits: try logits(for: [prompt], in: encoding)[leading: 0], size: encoding.size)
    }

    /// Cuts the regions of some classes from a picture; a pixel belongs to one class at most.
    ///
    /// If several classes reach their thresholds in a pixel, it goes to the one whose odds are the largest
    /// multiple of the threshold's odds.
    /// - Parameters:
    ///   - concepts: classes of this model.
    ///   - negatives: things for which the classes must not be taken; they compete for each pixel, and a
    ///     pixel that they win belongs to no class.
    ///   - encoding: the encoded picture.
    ///   - options: thresholds and limits.
    ///   - picture: the same picture, if the edges should follow its own.
    /// - Throws: `ConceptError` for concepts of another model; `CLIPSegError` for another picture or a
    ///   threshold outside 0…1; `CancellationError`.
    public func segment(
        _ concepts: [Concept], against negatives: [Concept] = [], in encoding: Encoding,
        options: SegmentOptions = SegmentOptions(), refinedBy picture: Picture? = nil
    ) throws -> Segments {
        try Self.check(options.threshold)
        let all = concepts + negatives
        let maps = try scores(for: all, in: encoding, refinedBy: picture)
        let thresholds = all.map { $0.threshold ?? options.threshold }
        try Task.checkCancellation()
        return Self.segments(maps, concepts.map(\.className), thresholds: thresholds, options: options)
    }

    /// Cuts the regions of classes whose probabilities are known.
    /// - Parameters:
    ///   - maps: the maps of one picture: one for each class, then one for each negative.
    ///   - classNames: the names of the classes alone.
    ///   - thresholds: one for each map, 0…1.
    package static func segments(
        _ maps: [ScoreMap], _ classNames: [String], thresholds: [Float], options: SegmentOptions
    ) -> Segments {
        let size = maps.first?.size ?? Size(width: 0, height: 0)
        let assignment = Assignment(maps, thresholds: thresholds)
        let least = options.minimumArea ?? (size.width * size.height + 1999) / 2000
        var found: [(c: Int, region: Region)] = []
        for c in classNames.indices {
            found += regions(of: assignment.masks[c], maps[c], least: least, instances: options.instances).map
            { (c, $0) }
        }
        // Masks are made only for the regions that stay: a noisy map may have thousands.
        found.sort { $0.region.score > $1.region.score }
        let segments = found.prefix(max(0, options.maximumObjects)).map { c, region in
            Segment(
                className: classNames[c], score: region.score, mask: region.mask(), box: region.box,
                area: region.area)
        }
        let peaks = classNames.indices.map { c in
            Peak(
                className: classNames[c], score: assignment.peaks[c].score, point: assignment.peaks[c].point,
                threshold: thresholds[c])
        }
        return Segments(segments: segments, peaks: peaks)
    }

    /// A region whose mask is not made yet.
    private struct Region {
        let score: Float
        let area: Int
        let box: Box
        let mask: () -> Mask
    }

    /// The connected parts of a class's pixels that are large enough, or all its pixels as one region.
    private static func regions(of mask: Mask, _ map: ScoreMap, least: Int, instances: Bool) -> [Region] {
        let parts = mask.components(.eight)
        let large = parts.indices.filter { parts[$0].area >= least }
        guard !large.isEmpty else { return [] }
        let sums = sums(of: parts, in: mask, map)
        if instances {
            return large.map { i in
                Region(
                    score: Float(sums[i] / Double(parts[i].area)), area: parts[i].area, box: parts[i].box,
                    mask: { parts.mask(of: i) })
            }
        }
        let area = large.reduce(0) { $0 + parts[$1].area }
        let whole = parts.mask { parts[$0].area >= least }
        guard let box = whole.box else { return [] }
        return [
            Region(
                score: Float(large.reduce(0) { $0 + sums[$1] } / Double(area)), area: area, box: box,
                mask: { whole })
        ]
    }

    /// The sum of the probabilities over each connected part.
    private static func sums(of parts: Components, in mask: Mask, _ map: ScoreMap) -> [Double] {
        let width = map.size.width
        let bands = map.bands { rows in
            var sums: [(part: Int, sum: Double)] = []
            var values: [Float] = []
            for y in rows {
                mask.forEachRun(inRow: y) { run in
                    guard let part = parts.index(atX: run.lowerBound, y: y) else { return }
                    if values.isEmpty { values = map.band(rows) }
                    let start = (y - rows.lowerBound) * width
                    sums.append(
                        (
                            part,
                            values[start + run.lowerBound..<start + run.upperBound].reduce(0) {
                                $0 + Double($1)
                            }
                        ))
                }
            }
            return sums
        }
        var total = [Double](repeating: 0, count: parts.count)
        for (part, sum) in bands.joined() { total[part] += sum }
        return total
    }
}

extension CLIPSeg {
    /// The pixels that each class gets, and the most probable pixel of each class.
    struct Assignment {
        let masks: [Mask]
        let peaks: [(score: Float, point: Point)]

        init(_ maps: [ScoreMap], thresholds: [Float]) {
            let width = maps.first?.size.width ?? 0
            let bands =
                maps.first?.bands { rows in
                    Self.assigned(maps.map { $0.band(rows) }, thresholds, width: width)
                } ?? []
            masks = maps.indices.map { c in Mask(stacking: bands.map { $0.masks[c] }) }
            let starts = bands.reduce(into: [0]) {
                $0.append($0[$0.count - 1] + width * ($1.masks.first?.height ?? 0))
            }
            peaks = maps.indices.map { c in
                maps[c].point(
                    of: zip(bands, starts).map { (score: $0.peaks[c].score, place: $1 + $0.peaks[c].place) })
            }
        }

        private typealias Band = (masks: [Mask], peaks: [(score: Float, place: Int)])

        /// - Parameter scores: the probabilities of each class in a band.
        private static func assigned(_ scores: [[Float]], _ thresholds: [Float], width: Int) -> Band {
            let count = scores.first?.count ?? 0
            var owners = [Int32](repeating: -1, count: count)
            var best = [Float](repeating: 0, count: scores.count > 1 ? count : 0)
            for (c, values) in scores.enumerated() {
                let threshold = thresholds[c]
                let least = min(max(threshold, 1e-6), 1 - 1e-6)
                let scale = (1 - least) / least
                for i in 0..<count {
                    let p = values[i]
                    guard p >= threshold else { continue }
                    if scores.count > 1 {
                        let odds = p / max(1e-7, 1 - p) * scale
                        if owners[i] >= 0 && odds <= best[i] { continue }
                        best[i] = odds
                    }
                    owners[i] = Int32(c)
                }
            }
            let masks = scores.indices.map { c in
                Mask(width: width, height: width > 0 ? count / width : 0) { x, y in owners[y * width + x] == c
                }
            }
            return (masks, scores.map(\.highest))
        }
    }
}

extension Tensor {
    /// The maximum over the leading axis, element by element.
    func maximumOfLeading() -> Tensor {
        var values = self[leading: 0].array
        for i in 1..<max(1, shape[0]) {
            for (place, value) in self[leading: i].array.enumerated() {
                values[place] = max(values[place], value)
            }
        }
        return Tensor(values, Tensor.Shape(Array(shape.extents.dropFirst())))
    }
}
