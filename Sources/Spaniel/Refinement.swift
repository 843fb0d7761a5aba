public import SAM

/// A rough mask that SAM refined.
public struct Refinement: Sendable {
    /// SAM's mask, or the rough one if SAM segments another object.
    public let mask: Mask
    /// The intersection over union with the true mask that SAM predicts for its answer.
    public let predictedIoU: Float
    /// The intersection over union of SAM's answer with the rough mask, 0…1.
    public let overlap: Float
    /// Whether `mask` is SAM's.
    public let isRefined: Bool
}

extension SAM {
    /// Refines a rough mask: its box and points deep inside it are the prompt, and the answer with the
    /// highest product of overlap and predicted IoU is the result.
    ///
    ///     let precise = try sam.refine(rough, in: sam.encode(picture))
    ///     print(precise?.isRefined ?? false) // true if SAM segments the same object
    ///
    /// - Parameters:
    ///   - rough: a mask of the picture's size; a mask of another size traps.
    ///   - encoding: the picture's.
    ///   - leastOverlap: the IoU with `rough` below which an answer counts as another object; 0.4 by default.
    /// - Returns: nil if `rough` is empty.
    public func refine(_ rough: Mask, in encoding: Encoding, leastOverlap: Float = 0.4) throws -> Refinement?
    {
        precondition(
            rough.size == encoding.frame.original,
            "a mask of \(rough.width)×\(rough.height) for a picture of "
                + "\(encoding.frame.original.width)×\(encoding.frame.original.height)"
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
