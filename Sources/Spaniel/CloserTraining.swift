package import SpanielImaging
import SpanielPlatform
package import Tensor

/// Teaches classes from labelled pictures what a `CloserCascade` asks of them: where they are, by the features
/// of a picture's parts, and what they look like alone, by looks at the labelled objects and at whatever else
/// the first look takes for one.
///
/// Pictures are left out by fifths: what a picture's places are, and how they score, is said by classifiers
/// that did not see it, so that the mistakes the closer look learns from, and the threshold, are honest.
package struct CloserTraining<Cascade: CloserCascade> {
    private let cascade: Cascade
    private let looks: LookRows.Options
    private let usual: Float

    /// - Parameters:
    ///   - looks: how the second look is learnt.
    ///   - usual: the threshold of a class that is found nowhere else.
    package init(_ cascade: Cascade, looks: LookRows.Options = LookRows.Options(), usual: Float) {
        (self.cascade, self.looks, self.usual) = (cascade, looks, usual)
    }

    /// A labelled picture, encoded.
    package typealias Scene = (encoding: Cascade.Encoding, labelled: [LabelledRegion])

    /// Learns some classes together; each is what the others are not.
    /// - Parameters:
    ///   - classNames: the classes, each shown by at least `LeaveOneOut.fewestPictures`.
    ///   - picture: reads a scene's picture again.
    ///   - note: called after each picture, to show progress.
    /// - Returns: the classes that could be learnt.
    package func learn(
        _ classNames: [String], _ scenes: [Scene], picture: (_ scene: Int) throws -> Picture,
        seen note: () -> Void = {}
    ) throws -> [String: CloserLesson] {
        guard !classNames.isEmpty, !scenes.isEmpty else { return [:] }
        let folds = Self.folds(of: scenes.map { $0.labelled.first?.className ?? "" })
        let rows = try cascade.rows(scenes)
        let everywhere = rows.classifiers(classNames, leavingOut: { _ in false }, from: nil)
        guard !everywhere.isEmpty else { return [:] }
        let without = try Set(folds).sorted().map { fold in
            try Task.checkCancellation()
            return rows.classifiers(classNames, leavingOut: { folds[$0] == fold }, from: everywhere)
        }
        var seen = LookRows(looks)
        var candidates: [[CloserCandidate]] = []
        for (index, scene) in scenes.enumerated() {
            let picture = try picture(index)
            let found = try cascade.candidates(by: without[folds[index]], in: picture, scene.encoding)
            seen.add(found, scene.labelled, scene: index)
            candidates.append(found)
            let glances = seen.glances(at: scene.labelled, seed: UInt64(index))
            let features = try cascade.looks(at: glances.map { ($0.box, $0.orientation) }, in: picture)
            seen.add(zip(glances.map(\.className), features), scene: index)
            note()
        }
        let closer = seen.classifiers(classNames)
        let closerWithout = try Set(folds).sorted().map { fold in
            try Task.checkCancellation()
            return seen.classifiers(classNames, leavingOut: { folds[$0] == fold }, from: closer)
        }
        for index in scenes.indices {
            let without = closerWithout[folds[index]].map(\.own)
            if candidates[index].contains(where: { $0.isWorthAsking(without) }) {
                candidates[index] = try cascade.exact(
                    candidates[index], without, in: picture(index), scenes[index].encoding)
            }
            note()
        }
        let growth = Self.growth(candidates, scenes)
        var lessons: [String: CloserLesson] = [:]
        for (index, name) in classNames.enumerated() {
            let evidence = scenes.indices.map { scene in
                let learnt = closerWithout[folds[scene]][index]
                let whole = Box(cascade.size(of: scenes[scene].encoding))
                let found = candidates[scene].map {
                    (
                        box: $0.box(growth: Double(growth)).intersection(whole),
                        score: $0.score($0.opinion(of: learnt))
                    )
                }
                let kept = found.sorted { $0.score > $1.score }.kept { $0.box.iou($1.box) > 0.3 }
                return DetectionEvidence(
                    found: kept, scenes[scene].labelled.filter { $0.className == name })
            }
            guard let verdict = DetectionEvidence.verdict(of: evidence, usual: usual) else { continue }
            lessons[name] = CloserLesson(
                place: everywhere[min(index, everywhere.count - 1)], closer: closer[index], growth: growth,
                verdict: verdict, evidence: evidence)
        }
        return lessons
    }

    /// How much larger labelled objects are than the boxes of their masks: the median over the places that show
    /// one, which a mask of half an object does not move; 1 if there are none.
    ///
    /// It is one number of all pictures, so none is left out.
    private static func growth(_ candidates: [[CloserCandidate]], _ scenes: [Scene]) -> Float {
        var logarithms: [Double] = []
        for (candidates, scene) in zip(candidates, scenes) {
            for candidate in candidates {
                guard let mask = candidate.mask, mask.area > 0 else { continue }
                let labelled = scene.labelled.filter { !$0.isCrowd }.map(\.box)
                guard let truth = labelled.max(by: { $0.iou(mask) < $1.iou(mask) }),
                    truth.iou(mask) >= DetectionEvidence.leastOverlap,
                    truth.iou(candidate.box) >= DetectionEvidence.leastOverlap
                else { continue }
                logarithms += [log(truth.width / mask.width), log(truth.height / mask.height)]
            }
        }
        guard !logarithms.isEmpty else { return 1 }
        return Float(exp(logarithms.sorted()[logarithms.count / 2]))
    }

    /// Deals pictures out to fifths, so that each holds some of every class.
    /// - Parameter classNames: a class that each picture shows.
    package static func folds(of classNames: [String]) -> [Int] {
        var folds = [Int](repeating: 0, count: classNames.count)
        let order = classNames.indices.sorted { (classNames[$0], $0) < (classNames[$1], $1) }
        for (turn, picture) in order.enumerated() { folds[picture] = turn % min(5, classNames.count) }
        return folds
    }
}

/// What a `CloserTraining` taught of a class.
package struct CloserLesson: Sendable {
    /// Where the class may be, of the first look's features.
    package let place: LinearClassifier
    /// What it looks like alone, of the second look's.
    package let closer: CloserClassifier
    /// How much larger objects are than the boxes of their masks.
    package let growth: Float
    /// How well the class is found in pictures that were left out, and the threshold for it.
    package let verdict: HeldOutVerdict
    /// What was found of the class in each picture when it was left out.
    let evidence: [DetectionEvidence]

    /// How well the class is found in some of the pictures.
    fileprivate func quality(in pictures: Set<Int>) -> Double {
        let some = evidence.indices.filter(pictures.contains).map { evidence[$0] }
        return DetectionEvidence.verdict(of: some, usual: verdict.threshold)?.quality ?? 0
    }
}

extension LabelledTrainer {
    /// Chooses between what classes learnt alone and what closer looks taught them, by the same pictures: all of
    /// them look closer or none, because their scores are compared with each other.
    /// - Parameters:
    ///   - before: the classes that might look closer.
    ///   - teach: puts a lesson into a concept.
    /// - Returns: for each class what is better, or nil.
    static func better(
        _ learnt: [Alone<Concept>], _ lessons: [String: CloserLesson], than before: [Alone<Concept>],
        name: (Concept) -> String, teach: (inout Concept, CloserLesson) -> Void
    ) -> [(concept: Concept, verdict: HeldOutVerdict)?] {
        let now = before.reduce(0) { sum, alone in
            sum + (lessons[name(alone.concept)]?.quality(in: alone.searched) ?? 0)
        }
        let earlier = before.reduce(0) { $0 + ($1.verdict?.quality ?? 0) }
        guard now >= earlier else { return learnt.map { _ in nil } }
        return learnt.map { alone in
            lessons[name(alone.concept)].map { lesson in
                var better = alone.concept
                teach(&better, lesson)
                return (better, lesson.verdict)
            }
        }
    }
}
