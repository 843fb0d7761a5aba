import OWLViT
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// A suggestion that waits for a decision.
struct OpenSuggestion: Sendable {
    let id: String
    let picture: Int64
    let classID: Int64
    let shape: StoredShape
    let score: Double
    /// 1 at the threshold, towards 0 away from it.
    let doubt: Double
    let task: String
    let prompt: Int64?
    let patch: Int64?
    /// The row, if it is kept.
    let kept: Int64?
}

extension Studio {
    /// The IoU from which a box is the object that was decided or labelled already.
    private static var sameObject: Double { 0.5 }
    /// The same for a label of another class.
    private static var sameAsOther: Double { 0.5 }

    func threshold(of classID: Int64) -> Float? { ranker.queries[classID]?.threshold }

    /// What of a class is open in a picture: findings that are kept, and candidates, the best first.
    ///
    /// What is labelled or decided already is not suggested again, and in a reviewed picture nothing is.
    ///
    /// - Parameters:
    ///   - candidates: of the class in the picture, the best first.
    ///   - threshold: the score above which a candidate counts.
    func unsettled(
        _ classID: Int64, in picture: Int64, _ candidates: [Candidate], above threshold: Float
    ) -> (kept: [SuggestionRecord], candidates: [Candidate]) {
        guard !state.isReviewed(picture), state.pictures[picture]?.isMissing == false else { return ([], []) }
        let labels = state.annotations(in: picture)
        let rows = state.suggestions(in: picture).filter { $0.classID == classID }
        func isSettled(_ box: Box) -> Bool {
            labels.contains {
                $0.shape.box.iou(box) >= ($0.classID == classID ? Self.sameObject : Self.sameAsOther)
            } || rows.contains { $0.state != .open && $0.shape.box.iou(box) >= Self.sameObject }
        }
        let rivals = rivals(of: classID, in: picture)
        let above = candidates.prefix { $0.score > threshold }.filter { candidate in
            !rivals.contains {
                ($0.candidate.margin > candidate.margin
                    || $0.candidate.margin == candidate.margin && $0.classID < classID)
                    && $0.candidate.box.iou(candidate.box) > Self.sameAsOther
            }
        }
        guard !labels.isEmpty || !rows.isEmpty else { return ([], Array(above)) }
        let kept = rows.filter { $0.state == .open && !isSettled($0.shape.box) }
        return (
            kept,
            above.filter { candidate in
                !isSettled(candidate.box)
                    && !kept.contains { $0.shape.box.iou(candidate.box) >= Self.sameObject }
            }
        )
    }

    /// What other classes suggest in a picture: of one place the class that fits best is asked about.
    private func rivals(of classID: Int64, in picture: Int64) -> [(classID: Int64, candidate: Candidate)] {
        ranker.queries.filter { $0.key != classID }.flatMap { other, query in
            ranker.candidates(other, in: picture).prefix { $0.score > query.threshold }.map { (other, $0) }
        }
    }

    /// How many suggestions of a picture are open.
    func openCount(in picture: Int64) -> Int {
        state.classes.keys.reduce(0) { sum, classID in
            let (kept, found) = unsettled(
                classID, in: picture, ranker.candidates(classID, in: picture),
                above: threshold(of: classID) ?? 1)
            return sum + kept.count + found.count
        }
    }

    /// The open suggestions of a class in a picture, the best first; see `unsettled`.
    ///
    /// - Parameters:
    ///   - candidates: of the class in the picture; nil asks the ranker.
    ///   - threshold: another than the class's own.
    func open(
        _ classID: Int64, in picture: Int64, candidates: [Candidate]? = nil, threshold: Float? = nil
    ) -> [OpenSuggestion] {
        let query = ranker.queries[classID]
        let cut = threshold ?? query?.threshold ?? 1
        let (kept, found) = unsettled(
            classID, in: picture, candidates ?? ranker.candidates(classID, in: picture), above: cut)
        return kept.map { row in
            OpenSuggestion(
                id: StudioID.kept(row.id), picture: picture, classID: classID, shape: row.shape,
                score: row.score, doubt: Self.doubt(row.score, 0.5), task: row.task, prompt: row.prompt,
                patch: row.patch, kept: row.id)
        }
            + found.map { candidate in
                OpenSuggestion(
                    id: StudioID.detection(picture: picture, classID: classID, patch: candidate.patch),
                    picture: picture, classID: classID, shape: StoredShape(box: candidate.box),
                    score: Double(candidate.score), doubt: Self.doubt(Double(candidate.score), Double(cut)),
                    task: "detect", prompt: query?.prompt(candidate.prompt), patch: Int64(candidate.patch),
                    kept: nil)
            }
    }

    /// The labels of a class in a picture, and what is suggested beside them.
    func findings(_ classID: Int64, in picture: Int64) -> [(shape: StoredShape, score: Double)] {
        let labels = state.annotations(in: picture).filter { $0.classID == classID }
        return labels.map { ($0.shape, $0.score ?? 1) }
            + open(classID, in: picture).map { ($0.shape, $0.score) }
    }

    private static func doubt(_ score: Double, _ threshold: Double) -> Double {
        func logit(_ p: Double) -> Double {
            let p = min(0.9999, max(0.0001, p))
            return log(p / (1 - p))
        }
        return 1 / (1 + abs(logit(score) - logit(threshold)))
    }

    /// The open suggestions of all classes in a picture.
    func open(in picture: Int64) -> [OpenSuggestion] {
        state.orderedClasses.flatMap { open($0.id, in: picture) }
    }

    /// The suggestion of an id, if it is still open.
    func open(_ id: StudioID.Suggestion) -> OpenSuggestion? {
        switch id {
        case .kept(let row):
            guard let row = state.suggestions[row] else { return nil }
            return open(row.classID, in: row.picture).first { $0.kept == row.id }
        case .detection(let picture, let classID, let patch):
            guard let query = ranker.queries[classID] else { return nil }
            return open(classID, in: picture, threshold: Ranker.floor(query)).first {
                $0.kept == nil && $0.patch == Int64(patch)
            }
        }
    }

    /// The open suggestions of the same class at the same place in near-duplicates.
    func duplicates(of suggestion: OpenSuggestion) -> [OpenSuggestion] {
        guard let group = groups[suggestion.picture], let size = state.pictures[suggestion.picture]?.size
        else {
            return []
        }
        return groups.filter { $0.value == group && $0.key != suggestion.picture }.keys.sorted().compactMap {
            other in
            guard let otherSize = state.pictures[other]?.size else { return nil }
            let box = suggestion.shape.box.scaled(from: size, to: otherSize)
            let best = open(suggestion.classID, in: other).max {
                $0.shape.box.iou(box) < $1.shape.box.iou(box)
            }
            guard let best, best.shape.box.iou(box) >= Self.sameObject else { return nil }
            return best
        }
    }

    // MARK: - Ranking

    /// The whole folder's scores for a class.
    package func ranking(_ id: String, threshold: Double?, words: String?) async throws -> JSON {
        let record = try classRecord(id)
        if let threshold, !(0...1).contains(threshold) {
            throw StudioError.value(name: "threshold", expected: "0 to 1", found: "\(threshold)")
        }
        let clock = ContinuousClock()
        var trial: ClassQuery?
        let start = clock.now
        if let words, !words.allSatisfy(\.isWhitespace) { trial = try await query(record, trying: words) }
        let embedded = clock.now
        let query = trial ?? ranker.queries[record.id]
        let candidates = trial.map { ranker.trying($0, as: record.id) } ?? ranker.allCandidates(record.id)
        let cut = threshold.map(Float.init) ?? query?.threshold ?? 0
        var rows: [(id: Int64, score: Double, count: Int)] = []
        var scores: [Double] = []
        for (picture, list) in candidates {
            // With the lowest threshold, since the histogram shows what lies below.
            let (kept, found) = unsettled(record.id, in: picture, list, above: -1)
            scores += found.lazy.map { Double($0.score) }
            let count = kept.count + found.count { $0.score > cut }
            let best = max(kept.map(\.score).max() ?? 0, Double((found.first ?? list.first)?.score ?? 0))
            rows.append((picture, best, count))
        }
        rows.sort { ($1.score, $0.id) < ($0.score, $1.id) }
        let estimates = estimates(record.id)
        let precision = estimates.precision(from: Double(cut), open: scores)
        let total = rows.reduce(0) { $0 + $1.count }
        let best = rows.first?.score ?? 0
        let end = clock.now
        return [
            "class": JSON(id), "threshold": JSON(Double(cut).rounded(to: 4)),
            "encoded": JSON(ranker.pictures.count),
            "of": JSON(pictureCount), "total": JSON(total),
            "withAny": JSON(rows.count { $0.count > 0 }),
            "pictures": JSON(
                rows.map {
                    [
                        "id": JSON(StudioID.picture($0.id)), "score": JSON($0.score.rounded(to: 4)),
                        "count": JSON($0.count),
                    ]
                }),
            "histogram": Self.histogram(open: scores, estimates),
            "precision": precision.map {
                [
                    "value": JSON($0.value.rounded(to: 3)), "low": JSON($0.low.rounded(to: 3)),
                    "high": JSON($0.high.rounded(to: 3)), "decisions": JSON($0.decisions),
                ]
            } ?? nil,
            "nothingHere": nothing(record, query, total: total, best: best, cut: Double(cut)).map { JSON($0) }
                ?? nil,
            "milliseconds": [
                "embed": JSON(((embedded - start) / .milliseconds(1)).rounded(to: 2)),
                "rank": JSON(((end - embedded) / .milliseconds(1)).rounded(to: 2)),
            ],
        ]
    }

    /// The class's query with more words, which are not saved.
    private func query(_ record: ClassRecord, trying words: String) async throws -> ClassQuery {
        guard let detector = models.detector else { throw StudioError.noModel(Self.noDetector) }
        guard words.utf8.count <= 4000 else {
            throw StudioError.value(name: "words", expected: "at most 4000 bytes", found: "more")
        }
        let text = try await embed(words)
        var concept: OWLViT.Concept
        var (texts, examples, negatives): ([Int64?], [Int64], [Int64]) = ([], [], [])
        if let known = ranker.queries[record.id] {
            concept = known.concept
            texts = known.texts.map(\.prompt)
            examples = known.examples.compactMap(\.prompt)
            negatives = known.negatives.compactMap(\.prompt)
        } else {
            concept = try detector.model.concept(record.name, texts: [text] as [OWLViT.Text])
            concept.texts = []
        }
        concept.texts.append(text)
        var query = ClassQuery(
            concept, texts: texts + [nil], examples: examples, negatives: negatives, head: nil,
            threshold: record.threshold.map(Float.init))
        query.unwanted = ranker.queries[record.id]?.unwanted ?? []
        return query
    }

    /// What to say when nothing is found.
    private func nothing(
        _ record: ClassRecord, _ query: ClassQuery?, total: Int, best: Double, cut: Double
    ) -> String? {
        guard total == 0 else { return nil }
        guard query != nil else { return "\(record.name) has neither words nor examples yet." }
        let encoded = ranker.pictures.count
        guard encoded > 0 else { return "No picture is encoded yet." }
        let labelled = state.annotations.values.contains { $0.classID == record.id }
        let pictures = encoded == 1 ? "the picture" : "\(encoded) encoded pictures"
        if labelled { return "Nothing is left above the threshold in \(pictures)." }
        return
            "Nothing here: in \(pictures) the best score is \(best.rounded(to: 2)), below the threshold "
            + "\(cut.rounded(to: 2))."
    }

    private static var bins: Int { 50 }

    private static func histogram(open: [Double], _ estimates: Estimates) -> JSON {
        func counts(_ scores: [Double]) -> JSON {
            var counts = [Int](repeating: 0, count: bins)
            for score in scores where score.isFinite {
                counts[min(bins - 1, max(0, Int(score * Double(bins))))] += 1
            }
            return JSON(counts.map { JSON($0) })
        }
        return [
            "bins": JSON(bins), "open": counts(open), "accepted": counts(estimates.accepted),
            "rejected": counts(estimates.rejected),
        ]
    }

    /// What the decisions say, at the scores that the suggestions have now.
    func estimates(_ classID: Int64) -> Estimates {
        var estimates = Estimates()
        for row in state.suggestions.values
        where row.classID == classID && row.state != .open && row.task == "detect" {
            let now = row.patch.flatMap {
                ranker.score(classID, picture: row.picture, patch: Int($0))
            }
            let score = now.map(Double.init) ?? row.score
            if row.state == .accepted {
                estimates.accepted.append(score)
            } else {
                estimates.rejected.append(score)
            }
        }
        estimates.missed =
            state.annotations.values.count { $0.classID == classID && $0.suggestion == nil }
        return estimates
    }

    // MARK: - The queue

    package struct QueueOptions: Sendable {
        package var classID: String?
        package var picture: String?
        package var order = "doubt"
        package var threshold: Double?
        package var below = false
        package var offset = 0
        package var limit = 200
        package init() {}
    }

    /// What waits for a decision.
    package func suggestions(_ options: QueueOptions) throws(StudioError) -> JSON {
        let classes: [ClassRecord] =
            if let id = options.classID { [try classRecord(id)] } else { state.orderedClasses }
        let picture: Int64? = if let id = options.picture { try self.picture(id).id } else { nil }
        var open: [OpenSuggestion] = []
        for record in classes {
            var cut = options.threshold.map(Float.init)
            if options.below, let own = cut ?? threshold(of: record.id) { cut = own / 2 }
            if let picture {
                open += self.open(record.id, in: picture, threshold: cut)
                continue
            }
            let candidates = ranker.allCandidates(record.id)
            for id in state.pictures.keys {
                open += self.open(record.id, in: id, candidates: candidates[id] ?? [], threshold: cut)
            }
        }
        switch options.order {
        case "score": open.sort { ($1.score, $0.picture, $0.id) < ($0.score, $1.picture, $1.id) }
        case "picture":
            let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($0.element, $0.offset) })
            open.sort {
                (places[$0.picture] ?? 0, -$0.score, $0.id) < (places[$1.picture] ?? 0, -$1.score, $1.id)
            }
        default: open.sort { ($1.doubt, $0.picture, $0.id) < ($0.doubt, $1.picture, $1.id) }
        }
        let part = open.dropFirst(max(0, options.offset)).prefix(max(0, options.limit))
        return [
            "total": JSON(open.count),
            "suggestions": JSON(part.map { json($0, duplicates: duplicates(of: $0).count) }),
        ]
    }

    func json(_ suggestion: OpenSuggestion, duplicates: Int = 0) -> JSON {
        var json: JSON = [
            "id": JSON(suggestion.id), "picture": JSON(StudioID.picture(suggestion.picture)),
            "class": JSON(StudioID.classID(suggestion.classID)), "box": suggestion.shape.box.json,
            "score": JSON(suggestion.score.rounded(to: 4)), "doubt": JSON(suggestion.doubt.rounded(to: 4)),
            "source": [
                "model": JSON(modelName(suggestion.task)), "task": JSON(suggestion.task),
                "prompt": suggestion.prompt.map { JSON(StudioID.prompt($0)) } ?? nil,
            ],
            "duplicates": JSON(duplicates),
        ]
        if suggestion.shape.shape != nil { json["shape"] = Self.shapeAnswer(suggestion.shape) }
        return json
    }

    func modelName(_ task: String) -> String {
        (task == "find" ? models.segmenter?.name : models.detector?.name) ?? task
    }
}

extension Box {
    func scaled(from: Size, to: Size) -> Box {
        let x = Double(to.width) / Double(max(1, from.width))
        let y = Double(to.height) / Double(max(1, from.height))
        return Box(x1: x1 * x, y1: y1 * y, x2: x2 * x, y2: y2 * y)
    }
}
