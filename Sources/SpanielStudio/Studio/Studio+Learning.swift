import OWLViT
import SpanielImaging
package import SpanielJSON
import SpanielPlatform
import Tensor

/// Learning from the decisions: thresholds, and a linear head once there are some tens of them.
extension Studio {
    /// Sets the threshold that tells accepted from rejected best.
    ///
    /// - Parameter joinsLast: whether it is a part of the last step of the history, which taught it.
    package func fit(_ id: String, joinsLast: Bool = false) throws(StudioError) -> JSON {
        var row = try classRecord(id)
        let estimates = estimates(row.id)
        guard let threshold = estimates.bestThreshold else {
            throw .few(
                code: "fit.few",
                "\(row.name): a threshold needs \(Estimates.fewestAccepted) accepted and "
                    + "\(Estimates.fewestRejected) rejected suggestions; so far there are "
                    + "\(estimates.accepted.count) and \(estimates.rejected.count)")
        }
        row.threshold = min(1, max(0, threshold))
        try commit("fitted the threshold of \(row.name)", [.put(row)], joinsLast: joinsLast)
        applyThreshold(of: row.id)
        return [
            "revision": JSON(state.revision), "class": state.classes[row.id].map { json($0) } ?? nil,
        ]
    }

    private static var fewestAccepted: Int { 10 }
    private static var fewestOthers: Int { 5 }

    func mayLearn(_ classID: Int64) -> Bool {
        let (own, others) = lessons(classID)
        return own >= Self.fewestAccepted && others >= Self.fewestOthers
    }

    /// How many objects of the class there are, and how many other things.
    private func lessons(_ classID: Int64) -> (own: Int, others: Int) {
        let own = state.annotations.values.count { $0.classID == classID && !$0.isCrowd }
        let rejected = state.suggestions.values.count { $0.classID == classID && $0.state == .rejected }
        return (own, rejected + state.annotations.values.count { $0.classID != classID && !$0.isCrowd })
    }

    /// What a picture teaches of a class.
    struct Lesson: Sendable {
        let picture: Int64
        let record: PictureRecord
        /// The boxes of the picture's patches.
        let boxes: [Box]
        let own: [Box]
        /// Objects of other classes, and what was rejected.
        let others: [Box]
        /// Whether all objects are labelled, so that what lies beside them is none.
        let isComplete: Bool
    }

    /// Learns a linear head, and uses it if it is better on pictures that were held out; its threshold is then
    /// the score above which more of what it found there was right than wrong.
    ///
    /// - Parameter joinsLast: whether it is a part of the last step of the history, which taught it.
    package func learn(_ id: String, joinsLast: Bool = false) async throws -> JSON {
        let owner = try classRecord(id)
        guard let detector = models.detector else { throw StudioError.noModel(Self.noDetector) }
        guard mayLearn(owner.id) else {
            let (own, others) = lessons(owner.id)
            throw StudioError.few(
                code: "learn.few",
                "\(owner.name): learning needs \(Self.fewestAccepted) objects and \(Self.fewestOthers) other "
                    + "things (rejected suggestions, objects of other classes); so far there are \(own) and \(others)"
            )
        }
        let lessons = lessons(of: owner.id)
        let usual = usualScores(owner.id, lessons)
        let (files, key) = (files, detector.key + Self.featuresKey)
        let result = try await encoding.run {
            HeadLearning.learn(lessons, usual: usual) { record in
                if let kept = files.cache.patches(record.key, model: key).flatMap(
                    CompactFeatures.init(bytes:))
                {
                    return kept
                }
                return (try? files.picture(record)).flatMap { try? detector.encode($0) }.map(
                    CompactFeatures.init)
            }
        }
        guard let result else {
            throw StudioError.few(
                code: "learn.few", "\(owner.name): the labelled pictures show too little to learn from")
        }
        var row = try classRecord(id)
        row.learned = Self.text(result, model: detector.key)
        row.usesLearned = result.after > result.before
        if row.usesLearned {
            row.threshold = result.threshold
        } else if owner.usesLearned {
            row.threshold = nil
        }
        try commit("learnt \(row.name)", [.put(row)], joinsLast: joinsLast)
        await refresh(row.id)
        return [
            "revision": JSON(state.revision), "class": state.classes[row.id].map { json($0) } ?? nil,
            "learned": state.classes[row.id].map { learnedAnswer($0) } ?? nil,
        ]
    }

    private func lessons(of classID: Int64) -> [Lesson] {
        order.compactMap { id in
            guard let record = state.pictures[id], !record.isMissing, let patches = ranker.pictures[id] else {
                return nil
            }
            let labels = state.annotations(in: id).filter { !$0.isCrowd }
            let own = labels.filter { $0.classID == classID }.map(\.shape.box)
            let rejected = state.suggestions(in: id).filter { $0.classID == classID && $0.state == .rejected }
            let others = labels.filter { $0.classID != classID }.map(\.shape.box) + rejected.map(\.shape.box)
            let isComplete = state.isReviewed(id)
            guard isComplete || !own.isEmpty || !others.isEmpty else { return nil }
            return Lesson(
                picture: id, record: record, boxes: (0..<patches.count).map(patches.box), own: own,
                others: others, isComplete: isComplete)
        }
    }

    /// The scores of the patches without the head, to compare with.
    private func usualScores(_ classID: Int64, _ lessons: [Lesson]) -> [Int64: [(box: Box, score: Float)]] {
        guard var query = ranker.queries[classID] else { return [:] }
        query.head = nil
        let found = ranker.trying(query, as: classID)
        return found.mapValues { $0.map { ($0.box, $0.score) } }
    }

    private static func text(_ result: HeadLearning.Result, model: String) -> String {
        let json: JSON = [
            "model": JSON(model), "weights": JSON(result.head.weights.map { JSON($0) }),
            "bias": JSON(result.head.bias), "accepted": JSON(result.own), "others": JSON(result.others),
            "before": JSON(result.before.rounded(to: 3)), "after": JSON(result.after.rounded(to: 3)),
            "quality": JSON(result.quality.rounded(to: 3)),
        ]
        return json.text()
    }

    /// The head that a class has learnt with this model.
    func head(of record: ClassRecord) -> LinearHead? {
        guard let text = record.learned, let json = try? JSON(parsing: text),
            json["model"]?.string == models.detector?.key, let bias = json["bias"]?.double,
            let weights = json["weights"]?.array?.compactMap(\.double), !weights.isEmpty
        else { return nil }
        return LinearHead(weights: weights.map(Float.init), bias: Float(bias))
    }

    func learnedAnswer(_ record: ClassRecord) -> JSON {
        guard let text = record.learned, let json = try? JSON(parsing: text) else { return nil }
        return [
            "accepted": json["accepted"] ?? 0, "others": json["others"] ?? 0, "before": json["before"] ?? 0,
            "after": json["after"] ?? 0, "used": JSON(record.usesLearned),
        ]
    }

    /// Computes a head's logits of every encoded picture, a few at a time.
    func applyHead(_ head: LinearHead) {
        Task { await self.apply(head, to: nil) }
    }

    /// The heads' logits of a picture that was just encoded.
    func applyHeads(to picture: Int64) {
        for head in Set(ranker.queries.values.compactMap(\.head?.key)).compactMap({ key in
            ranker.queries.values.compactMap(\.head).first { $0.key == key }
        }) {
            Task { await self.apply(head, to: picture) }
        }
    }

    private func apply(_ head: LinearHead, to picture: Int64?) async {
        guard let detector = models.detector else { return }
        let (files, key) = (files, detector.key + Self.featuresKey)
        var missing = picture.map { [$0] } ?? ranker.missingLogits(head).sorted()
        while !missing.isEmpty, !isStopped {
            let part = missing.prefix(64).compactMap { state.pictures[$0] }
            missing.removeFirst(min(64, missing.count))
            let made = try? await encoding.run {
                part.compactMap { record -> (Int64, [Float])? in
                    guard
                        let features = files.cache.patches(record.key, model: key)
                            .flatMap(CompactFeatures.init(bytes:))
                            ?? (try? files.picture(record)).flatMap({ try? detector.encode($0) })
                            .map(CompactFeatures.init),
                        features.channels == head.weights.count
                    else { return nil }
                    return (record.id, features.logits(head.weights, bias: head.bias))
                }
            }
            for (id, logits) in made ?? [] where ranker.pictures[id]?.count == logits.count {
                ranker.set(logits: logits, head: head, picture: id)
            }
            if picture == nil { events.send("scores", ["classes": []]) }
        }
    }
}
