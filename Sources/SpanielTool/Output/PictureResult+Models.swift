import Spaniel

extension PictureResult {
    init(_ findings: PerSAM.Findings) {
        self.init(objects: findings.map { Object($0) }, stop: findings.stop)
    }

    /// Findings after CLIP has looked at them; `text` among an object's scores is how well the words fit.
    init(_ checked: CheckedFindings) {
        func objects(_ all: [CheckedFindings.Checked]) -> [Object] {
            all.map { Object($0.object, also: $0.textScore.map { [("text", $0)] } ?? []) }
        }
        self.init(objects: objects(checked.accepted), stop: checked.stop)
        rejected = objects(checked.rejected)
    }

    init(_ segments: CLIPSeg.Segments) {
        self.init(objects: segments.map { Object($0) })
        absent = Self.absences(segments)
    }

    /// - Parameter refined: the segments after SAM has drawn them.
    init(_ segments: CLIPSeg.Segments, refined: [RefinedSegment]) {
        self.init(
            objects: refined.map {
                Object(
                    $0.segment,
                    also: [("iou", $0.refinement.predictedIoU), ("overlap", $0.refinement.overlap)])
            })
        absent = Self.absences(segments)
    }

    /// - Parameter masked: the detections with SAM's masks; nil where boxes are enough.
    init(_ detections: OWLViT.Detections, masked: [MaskedDetection]? = nil) {
        self.init(
            objects: masked?.map {
                Object($0.detection, mask: $0.mask, also: $0.predictedIoU.map { [("iou", $0)] } ?? [])
            }
                ?? detections.map { Object($0) })
        let found = Set(detections.map(\.className))
        absent = detections.best.values.sorted { ($1.score, $0.className) < ($0.score, $1.className) }
            .compactMap { best in
                guard !found.contains(best.className), let threshold = detections.thresholds[best.className],
                    best.score <= threshold
                else { return nil }
                return Absence(className: best.className, best: best.score, threshold: threshold)
            }
    }

    /// A class may reach its threshold and still have no segment: those pixels are few, or another class's.
    private static func absences(_ segments: CLIPSeg.Segments) -> [Absence] {
        let found = Set(segments.map(\.className))
        return segments.peaks.filter { !$0.isFound && !found.contains($0.className) }.map {
            Absence(className: $0.className, best: $0.score, threshold: $0.threshold)
        }
    }
}

extension PictureResult.Object {
    init(_ found: PerSAM.FoundObject, also more: [(name: String, value: Float)] = []) {
        self.init(
            className: found.className, score: found.score,
            scores: [("similarity", found.similarity), ("iou", found.predictedIoU)]
                + Self.presence(found.presence) + Self.looks(found.place, found.closer) + more,
            box: found.box, boxed: found.boxed)
    }

    /// SAM 2's probability that an object is there, as one of the scores.
    static func presence(_ presence: Float?) -> [(name: String, value: Float)] {
        presence.map { [("presence", $0)] } ?? []
    }

    /// What the looks of a class that was taught them say, as scores.
    private static func looks(_ place: Float?, _ closer: Float?) -> [(name: String, value: Float)] {
        [("place", place), ("closer", closer)].compactMap { look in look.1.map { (look.0, $0) } }
    }

    init(_ segment: CLIPSeg.Segment, also more: [(name: String, value: Float)] = []) {
        self.init(
            className: segment.className, score: segment.score,
            scores: [("probability", segment.score)] + more, box: segment.box,
            mask: segment.mask)
    }

    init(_ detection: OWLViT.Detection, mask: Mask? = nil, also more: [(name: String, value: Float)] = []) {
        let optional: [(name: String, value: Float?)] = [
            ("similarity", detection.similarity), ("objectness", detection.objectness),
            ("features", detection.features),
        ]
        self.init(
            className: detection.className, score: detection.score,
            scores: [("sigmoid", detection.probability), ("logit", detection.logit)]
                + optional.compactMap { part in part.value.map { (part.name, $0) } }
                + Self.looks(detection.place, detection.closer) + more,
            box: detection.box, mask: mask,
            decided: detection.isDecidedByFeatures.map { $0 ? "features" : "model" })
    }
}
