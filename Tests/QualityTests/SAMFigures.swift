import Spaniel
import SpanielAnnotations
import SpanielEvaluation
import SpanielTestSupport

extension HeldOut {
    /// The figures of a SAM and of PerSAM with it.
    ///
    /// - click, box: every instance, by one of its pixels and by its box; the single mask's mean IoU.
    /// - single: the paper's one object, and the IoU with the instance it overlaps most.
    /// - every_f1, exact_count: all instances, at IoU 0.5 and the tool's own threshold, in pictures with one
    ///   to four of them.
    /// - presence_auroc: pictures with against pictures without, by the best score, however weak; refused:
    ///   those without, where nothing is found.
    func figures(_ sam: SAM) throws -> Figures {
        var clicks: [Double] = []
        var boxes: [Double] = []
        for picture in pictures {
            let encoding = try sam.encode(self.picture(picture.file))
            for object in picture.objects {
                let truth = object.mask(size: picture.size)
                func overlap(_ prompt: SAM.Prompt) throws -> Double {
                    try sam.masks(for: prompt, in: encoding, multimask: false).best.mask().iou(truth)
                }
                clicks.append(try overlap(SAM.Prompt(point: pixel(of: truth, seed: object.number ?? 0))))
                boxes.append(try overlap(SAM.Prompt(box: object.box)))
            }
        }
        return [("click", clicks.mean, clicks.count), ("box", boxes.mean, boxes.count)]
            + (try figures(PerSAM(sam)))
    }

    /// One of a mask's pixels, the same on every machine.
    private func pixel(of mask: Mask, seed: Int) -> Point {
        var random = Generator(seed: UInt64(seed))
        var left = Int.random(in: 0..<mask.area, using: &random)
        for y in 0..<mask.height {
            for x in 0..<mask.width where mask[x, y] {
                if left == 0 { return Point(x: Double(x), y: Double(y)) }
                left -= 1
            }
        }
        preconditionFailure("a mask of \(mask.area) pixels has no pixel \(left)")
    }

    private func figures(_ persam: PerSAM) throws -> Figures {
        var single: [Double] = []
        var exact: [Double] = []
        var refused: [Double] = []
        // Every object in every picture is one class: what was asked for.
        var truth = LabelledSet(classes: ["object"])
        var found = truth
        var best = truth
        for one in find {
            let reference = try picture(one.reference)
            let concept = try persam.learn([Example(reference, mask: mask(one.example, reference.size))])
            for (file, instances) in [(one.present, one.instances), (one.absent, [])] {
                let picture = try picture(file)
                let encoding = try persam.encode(picture)
                let findings = try persam.find(concept, in: encoding)
                let masks = try instances.map { try mask($0, picture.size) }
                func entry(_ objects: [LabelledObject]) -> LabelledPicture {
                    LabelledPicture(file: file, size: picture.size, objects: objects)
                }
                truth.pictures.append(entry(masks.map { LabelledObject(classIndex: 0, shape: .init($0)) }))
                found.pictures.append(
                    entry(
                        findings.map {
                            LabelledObject(classIndex: 0, shape: .init($0.mask), score: Double($0.score))
                        }))
                let peak = findings.candidates.max { ($0.score ?? 0) < ($1.score ?? 0) }
                best.pictures.append(
                    entry(
                        [peak].compactMap { $0 }.compactMap { peak in
                            peak.box.map {
                                LabelledObject(classIndex: 0, box: $0, score: Double(peak.score ?? 0))
                            }
                        }))
                guard !instances.isEmpty else {
                    refused.append(findings.isEmpty ? 1 : 0)
                    continue
                }
                exact.append(findings.count == instances.count ? 1 : 0)
                var options = PerSAM.FindOptions()
                options.single = true
                let object = try persam.find(concept, in: encoding, options: options).first
                single.append(masks.map { object?.mask.iou($0) ?? 0 }.max() ?? 0)
            }
        }
        let shown = Set(find.map(\.present))
        let all = try PrecisionRecall(
            truth: truth.only(shown), predictions: found.only(shown), kind: .masks, threshold: 0)
        return [
            ("single", single.mean, single.count),
            ("every_f1", all.figures.f1 ?? 0, (all.figures.found + all.figures.wanted) / 2),
            ("exact_count", exact.mean, exact.count),
            ("presence_auroc", try Presence(truth: truth, predictions: best).auroc ?? 0, exact.count),
            ("refused", refused.mean, refused.count),
        ]
    }
}

extension LabelledSet {
    fileprivate func only(_ pictures: Set<String>) -> LabelledSet {
        var set = self
        set.pictures.removeAll { !pictures.contains($0.file) }
        return set
    }
}

extension [Double] {
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
