public import SAM

/// A rough mask drawn again by SAM.
public struct Refinement: Sendable {
    /// SAM's mask, or the rough one where SAM sees another object.
    public let mask: Mask
    /// The intersection over union with the true mask that SAM expects of its answer.
    public let predictedIoU: Float
    /// The intersection over union of SAM's answer with the rough mask.
    public let overlap: Float
    /// Whether `mask` is SAM's.
    public let isRefined: Bool
}

extension SAM {
    /// Draws a rough mask precisely: its box and points deep inside it are the prompt, and of SAM's four
    /// answers the one counts that is most like the rough mask and that SAM believes in most.
    ///
    /// - Parameters:
    ///   - rough: of the picture's size; another traps.
    ///   - leastOverlap: the intersection over union with `rough` that an answer needs; below it, SAM means
    ///     something else.
    /// - Returns: nil when `rough` is empty.
    public func refine(_ rough: Mask, in encoding: Encoding, leastOverlap: Float = 0.4) throws -> Refinement?
    {
        precondition(
            rough.size == encoding.frame.original,
            "a mask of \(rough.width)×\(rough.height) for a picture of \(encoding.frame.original.width)×\(encoding.frame.original.height)"
        )
        guard let box = rough.box else { return nil }
        let points = InnerPoints.of(rough, atMost: 3).map { Prompt.LabelledPoint($0, isObject: true) }
        let prompt = Prompt(points: points, box: box)
        let answers =
            try masks(for: prompt, in: encoding, multimask: false)
            + masks(for: prompt, in: encoding, multimask: true)
        let candidates = answers.map { answer in
            let mask = answer.mask()
            return (mask: mask, iou: answer.score, overlap: Float(mask.iou(rough)))
        }
        guard let best = candidates.max(by: { $0.overlap * max(0, $0.iou) < $1.overlap * max(0, $1.iou) })
        else { return nil }
        let isRefined = best.overlap >= leastOverlap
        return Refinement(
            mask: isRefined ? best.mask : rough, predictedIoU: best.iou, overlap: best.overlap,
            isRefined: isRefined)
    }
}
