import OWLViT
import SAM
import Spaniel
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// What the reviewed pictures taught of all classes together: where each may be, what it looks like alone, and how
/// large it is beside SAM's mask (`CloserDetector`).
struct CloserKnowledge: Sendable {
    struct Class: Sendable {
        let id: Int64
        let lesson: CloserLesson
        let concept: OWLViT.Concept
    }

    let classes: [Class]
    /// How many pictures taught it.
    let pictures: Int
    /// Tells one lesson from the next.
    let generation: Int
    let detector: CloserDetector
    let preparation: OWLViT.Preparation
    /// What was seen in pictures since: of each class the boxes and their scores, the best first.
    var seen: [Int64: [Int64: [(box: Box, score: Float)]]] = [:]
    /// The threshold of each class's usual scores: a closer look's score is moved so that its own lies there.
    var thresholds: [Int64: Float] = [:]
}

/// Suggestions by closer looks, once some pictures are reviewed.
extension Studio {
    /// The pictures that teach; a person waits for it.
    private static var mostPictures: Int { 60 }
    private static var fewestPictures: Int { 6 }
    /// The pictures whose suggestions come with the answer: a sheet and those after it.
    private static var shownAtOnce: Int { 24 }

    /// Learns what has grown by a few decisions since the last time: each class's linear head and threshold, and
    /// closer looks at all of them. It is a part of the last step of the history.
    package func learnAsIGo() async throws -> JSON {
        guard !isLearning else { throw StudioError.busy }
        isLearning = true
        defer { isLearning = false }
        for row in state.orderedClasses {
            let size =
                state.annotations.values.count { $0.classID == row.id }
                + state.suggestions.values.count { $0.classID == row.id && $0.state != .open }
            guard size >= learntAt[row.id, default: 0] + 3 else { continue }
            learntAt[row.id] = size
            let id = StudioID.classID(row.id)
            // Too few decisions: it is tried again after the next ones.
            if mayLearn(row.id) { _ = try? await learn(id, joinsLast: true) }
            // Closer looks come with a threshold of pictures that were held out.
            let isKnown = closer?.thresholds[row.id] != nil
            if !isKnown, estimates(row.id).mayFit { _ = try? fit(id, joinsLast: true) }
        }
        let reviewed = state.reviews.values.count(where: \.reviewed)
        if reviewed >= max(Self.fewestPictures, closerAt + 4, closerAt * 6 / 5) {
            closerAt = reviewed
            // Where a picture cannot be read any more, the usual suggestions stay.
            try? await learnCloser()
        }
        applyCloser()
        await lookCloser(shown.prefix(Self.shownAtOnce))
        events.send("scores", ["classes": []])
        lookAround()
        return ["revision": JSON(state.revision), "closer": JSON(closer?.pictures ?? 0)]
    }

    /// Learns closer looks from the reviewed pictures, and uses them if the classes are found better with them in
    /// pictures that were held out.
    private func learnCloser() async throws {
        guard let detector = models.detector, let segmenter = models.segmenter else { return }
        let reviewed = order.filter { id in
            state.isReviewed(id) && state.pictures[id].map { $0.problem == nil && !$0.isMissing } ?? false
        }
        let count = min(reviewed.count, Self.mostPictures)
        let chosen = (0..<count).map { reviewed[$0 * reviewed.count / count] }
        let names = Dictionary(uniqueKeysWithValues: state.classes.values.map { ($0.id, $0.name) })
        let labelled = chosen.map { id in
            state.annotations(in: id).map {
                LabelledRegion(
                    className: names[$0.classID] ?? "", box: $0.shape.box, isCrowd: $0.isCrowd)
            }
        }
        let classes = state.orderedClasses.filter { row in
            ranker.queries[row.id] != nil
                && labelled.count { $0.contains { $0.className == row.name && !$0.isCrowd } }
                    >= LeaveOneOut.fewestPictures
        }
        let records = chosen.compactMap { state.pictures[$0] }
        guard !classes.isEmpty, records.count == chosen.count else { return }
        let (files, classNames) = (files, classes.map(\.name))
        let both = CloserDetector(detector.model, segmenter.model)
        let (lessons, preparation) = try await learning.run {
            () -> ([String: CloserLesson], OWLViT.Preparation) in
            let scenes = try zip(records, labelled).map { (try detector.encode(files.picture($0)), $1) }
            let preparation = scenes[0].0.preparation
            let training = CloserTraining(
                CloserDetector.Cascade(both, preparation: preparation), usual: OWLViT.Scale.exampleThreshold)
            return (
                try training.learn(classNames, scenes, picture: { try files.picture(records[$0]) }),
                preparation
            )
        }
        let taught = classes.compactMap { row -> CloserKnowledge.Class? in
            guard let lesson = lessons[row.name], state.classes[row.id] != nil,
                var concept = ranker.queries[row.id]?.concept
            else { return nil }
            concept.taught = both.taught(by: lesson)
            return CloserKnowledge.Class(id: row.id, lesson: lesson, concept: concept)
        }
        let now = taught.reduce(0) { $0 + $1.lesson.verdict.quality }
        let before = taught.reduce(0) { $0 + usualQuality($1.id) }
        looking?.cancel()
        closer =
            taught.isEmpty || now < before
            ? nil
            : CloserKnowledge(
                classes: taught, pictures: chosen.count, generation: closerAt, detector: both,
                preparation: preparation)
        ranker.removeCloser()
    }

    /// F1 of a class without closer looks: of its head in held-out pictures, else of its prompts.
    private func usualQuality(_ classID: Int64) -> Double {
        if let record = state.classes[classID], record.usesLearned,
            let quality = record.learned.flatMap({ try? JSON(parsing: $0) })?["quality"]?.double
        {
            return quality
        }
        let evidence = order.filter(state.isReviewed).map { id in
            DetectionEvidence(
                found: ranker.candidates(classID, in: id).map { ($0.box, $0.score) },
                labelled: state.annotations(in: id).filter { $0.classID == classID }.map(\.shape.box))
        }
        return DetectionEvidence.verdict(of: evidence, usual: 0.5)?.quality ?? 0
    }

    /// Forgets closer looks.
    func dropCloser() {
        looking?.cancel()
        (closer, closerAt) = (nil, 0)
        ranker.removeCloser()
    }

    /// Looks closer at pictures where that was not done, unless all is decided there.
    func lookCloser(_ ids: some Sequence<Int64>) async {
        guard let detector = models.detector, let segmenter = models.segmenter else { return }
        let files = files
        for id in ids {
            guard let knowledge = closer, knowledge.seen[id] == nil, !state.isReviewed(id),
                let record = state.pictures[id], record.problem == nil, !record.isMissing, !Task.isCancelled
            else { continue }
            let seen = try? await looks.run {
                let picture = try files.picture(record)
                return try knowledge.look(
                    at: picture, detector.encode(picture), scene: { try segmenter.encode(picture) })
            }
            // A picture that cannot be looked at keeps its usual suggestions.
            guard let seen, closer?.generation == knowledge.generation else { continue }
            closer?.seen[id] = seen
            applyCloser(to: id)
        }
    }

    /// Looks at all that is still open, what is shown first, while the person works.
    private func lookAround() {
        looking?.cancel()
        guard closer != nil else { return }
        looking = Task {
            var last = ContinuousClock.now
            for id in shown + order {
                guard !Task.isCancelled, !isStopped, closer != nil else { return }
                guard closer?.seen[id] == nil, !state.isReviewed(id) else { continue }
                await lookCloser([id])
                guard ContinuousClock.now - last > .seconds(2) else { continue }
                last = .now
                events.send("scores", ["classes": []])
            }
            events.send("scores", ["classes": []])
        }
    }

    /// Makes what was seen count at the thresholds that the classes have now.
    private func applyCloser() {
        guard let knowledge = closer else { return }
        for row in knowledge.classes {
            closer?.thresholds[row.id] = threshold(of: row.id)
        }
        for id in knowledge.seen.keys { applyCloser(to: id) }
    }

    /// Follows a class's usual threshold, unless a person set one.
    func followThreshold(of classID: Int64) {
        guard closer?.thresholds[classID] != nil, state.classes[classID]?.threshold == nil else { return }
        closer?.thresholds[classID] = threshold(of: classID)
        for id in closer.map({ Array($0.seen.keys) }) ?? [] { applyCloser(to: id) }
    }

    private func applyCloser(to picture: Int64) {
        guard let knowledge = closer, let seen = knowledge.seen[picture] else { return }
        var candidates: [Int64: [Candidate]] = [:]
        for row in knowledge.classes {
            guard let usual = knowledge.thresholds[row.id], let found = seen[row.id] else { continue }
            let own = logit(row.lesson.verdict.threshold)
            candidates[row.id] = found.enumerated().map { place, object in
                let margin = logit(object.score) - own
                return Candidate(
                    patch: Ranker.closerPatch + place, score: OWLViT.Scale.sigmoid(logit(usual) + margin),
                    margin: margin, prompt: .max, box: object.box)
            }
        }
        ranker.set(closer: candidates, in: picture)
    }

    /// The classes that a box may show, by a look at it alone, the likeliest first; empty where nothing was learnt.
    func closerGuess(_ box: Box, in record: PictureRecord) async -> [(classID: Int64, probability: Float)] {
        guard let knowledge = closer else { return [] }
        let files = files
        let cascade = CloserDetector.Cascade(knowledge.detector, preparation: knowledge.preparation)
        let looks = try? await pixels.run {
            try cascade.looks(at: [Glance(box, .upright)], in: files.picture(record))
        }
        guard let looks else { return [] }
        let candidate = CloserCandidate(box: box, logits: [], looks: looks)
        return knowledge.classes.map { ($0.id, candidate.opinion(of: $0.lesson.closer).probability) }
            .sorted { $0.probability > $1.probability }
    }
}

extension CloserKnowledge {
    /// Looks at the likeliest places of a picture.
    func look(
        at picture: Picture, _ encoding: OWLViT.Encoding, scene: () throws -> SAM.Encoding
    ) throws -> [Int64: [(box: Box, score: Float)]] {
        var candidates = try detector.candidates(classes.map(\.concept), in: picture, encoding)
        let closer = classes.map(\.lesson.closer.own)
        if candidates.contains(where: { $0.isWorthAsking(closer) }) {
            candidates = try detector.exact(candidates, closer, in: picture, scene(), encoding.preparation)
        }
        let whole = Box(encoding.size)
        var found: [Int64: [(box: Box, score: Float)]] = [:]
        for row in classes {
            let scored = candidates.map {
                (
                    box: $0.box(growth: Double(row.lesson.growth)).intersection(whole),
                    score: $0.score($0.opinion(of: row.lesson.closer))
                )
            }
            found[row.id] = scored.filter { $0.box.area > 0 }.sorted { $0.score > $1.score }
                .kept { $0.box.iou($1.box) > 0.3 }
        }
        return found
    }
}

private func logit(_ score: Float) -> Float {
    let inside = min(0.9999, max(0.0001, score))
    return log(inside / (1 - inside))
}
