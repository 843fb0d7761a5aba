package import OWLViT
package import SpanielImaging
import SpanielPlatform
import Tensor

/// Teaches classes from labelled pictures what `CloserDetector` asks of them: where they are, by the features
/// of patches, and what they look like alone, by looks at the labelled objects and at whatever else the first
/// look takes for one.
///
/// Pictures are left out by fifths: what a picture's places are, and how they score, is said by classifiers
/// that did not see it, so that the mistakes the closer look learns from, and the threshold, are honest.
package struct CloserTraining {
    private let detector: OWLViT
    private let closerDetector: CloserDetector
    private let preparation: OWLViT.Preparation

    package init(_ detector: CloserDetector, preparation: OWLViT.Preparation) {
        self.detector = detector.detector
        closerDetector = detector
        self.preparation = preparation
    }

    /// A labelled picture, encoded.
    package typealias Scene = (encoding: OWLViT.Encoding, labelled: [LabelledRegion])

    /// What was learnt of a class.
    package struct Lesson: Sendable {
        package let taught: OWLViT.Taught
        /// How well the class is found in pictures that were left out, and the threshold for it.
        package let verdict: HeldOutVerdict
    }

    /// Learns some classes together; each is what the others are not.
    /// - Parameters:
    ///   - classNames: the classes, each shown by at least `LeaveOneOut.fewestPictures`.
    ///   - picture: reads a scene's picture again.
    ///   - note: called after each picture, to show progress.
    /// - Returns: the classes that could be learnt.
    package func learn(
        _ classNames: [String], _ scenes: [Scene], picture: (_ scene: Int) throws -> Picture,
        seen note: () -> Void = {}
    ) throws -> [String: Lesson] {
        guard !classNames.isEmpty, !scenes.isEmpty else { return [:] }
        let folds = Self.folds(of: scenes.map { $0.labelled.first?.className ?? "" })
        let patches = PatchRows(scenes)
        let everywhere = classNames.map { patches.classifier($0) }
        let without = try Set(folds).sorted().map { fold in
            try Task.checkCancellation()
            return zip(classNames, everywhere).map {
                patches.classifier($0, leavingOut: { folds[$0] == fold }, from: $1)
            }
        }
        var looks = LookRows()
        var evidence = closerDetector.features.map { _ in LookRows { $0.evidence } }
        var candidates: [[CloserDetector.Candidate]] = []
        for (index, scene) in scenes.enumerated() {
            let picture = try picture(index)
            let places = detector.places(by: without[folds[index]], in: scene.encoding)
            let found = try closerDetector.candidates(places, in: picture, preparation)
            looks.add(found, scene.labelled, scene: index)
            candidates.append(found)
            let glances = LookRows.glances(at: scene.labelled, seed: UInt64(index))
            let seen = try detector.looks(
                at: glances.map { ($0.box, $0.orientation) }, in: picture, preparation: preparation)
            looks.add(zip(glances.map(\.className), seen), scene: index)
            if let features = closerDetector.features {
                let others = try features.looks(
                    at: glances.map { ($0.box, $0.orientation) }, in: picture)
                evidence?.add(found, scene.labelled, scene: index)
                evidence?.add(zip(glances.map(\.className), others), scene: index)
            }
            note()
        }
        let closer = looks.classifiers(classNames)
        let closerWithout = Set(folds).sorted().map { fold in
            looks.classifiers(classNames, leavingOut: { folds[$0] == fold }, from: closer)
        }
        let others = evidence?.classifiers(classNames)
        let othersWithout = Set(folds).sorted().map { fold in
            evidence?.classifiers(classNames, leavingOut: { folds[$0] == fold }, from: others)
        }
        for index in scenes.indices {
            let without = closerWithout[folds[index]]
            if CloserDetector.areWorthAsking(candidates[index], without) {
                let picture = try picture(index)
                candidates[index] = try closerDetector.exact(
                    candidates[index], without, in: picture, closerDetector.sam.encode(picture), preparation)
            }
            note()
        }
        let growth = Self.growth(candidates, scenes)
        let masks = closerDetector.sam.identity
        let identity = closerDetector.features?.identity
        func taught(
            _ index: Int, _ closer: [OWLViT.LinearClassifier], _ others: [OWLViT.LinearClassifier]?
        ) -> OWLViT.Taught {
            let evidence = identity.flatMap { identity in
                others.map { OWLViT.FeatureClassifier($0[index], identity) }
            }
            return OWLViT.Taught(
                place: everywhere[index], closer: closer[index], growth: growth, masks: masks,
                evidence: evidence)
        }
        var lessons: [String: Lesson] = [:]
        for (index, name) in classNames.enumerated() {
            let evidence = scenes.indices.map { scene in
                let learnt = taught(index, closerWithout[folds[scene]], othersWithout[folds[scene]])
                let found = candidates[scene].map {
                    $0.detection(name, index, learnt, in: scenes[scene].encoding.size)
                }
                let kept = found.sorted { $0.score > $1.score }.suppressed(.classWise(iou: 0.3))
                return DetectionEvidence(
                    found: kept.map { ($0.box, $0.score) },
                    scenes[scene].labelled.filter { $0.className == name })
            }
            guard let verdict = DetectionEvidence.verdict(of: evidence, usual: OWLViT.Scale.exampleThreshold)
            else { continue }
            lessons[name] = Lesson(taught: taught(index, closer, others), verdict: verdict)
        }
        return lessons
    }

    /// How much larger labelled objects are than the boxes of their masks: the median over the places that show
    /// one, which a mask of half an object does not move; 1 if there are none.
    ///
    /// It is one number of all pictures, so none is left out.
    private static func growth(_ candidates: [[CloserDetector.Candidate]], _ scenes: [Scene]) -> Float {
        var logarithms: [Double] = []
        for (candidates, scene) in zip(candidates, scenes) {
            for candidate in candidates {
                guard let mask = candidate.mask, mask.area > 0 else { continue }
                let labelled = scene.labelled.filter { !$0.isCrowd }.map(\.box)
                guard let truth = labelled.max(by: { $0.iou(mask) < $1.iou(mask) }),
                    truth.iou(mask) >= DetectionEvidence.leastOverlap,
                    truth.iou(candidate.place.box) >= DetectionEvidence.leastOverlap
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
