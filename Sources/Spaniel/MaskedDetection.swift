public import OWLViT
public import SAM

/// An object that OWL-ViT detected, with the mask that SAM segments in its box.
public struct MaskedDetection: Sendable {
    /// The detection with its box.
    public let detection: OWLViT.Detection
    /// The mask, of the displayed picture's size; nil if SAM segments nothing in the box.
    public let mask: Mask?
    /// The intersection over union with the true mask that SAM predicts; nil without a mask.
    public let predictedIoU: Float?
}

extension SAM {
    /// Segments the object in a box, which is clipped to the picture first.
    ///
    ///     let box = Box(x1: 436, y1: 81, x2: 612, y2: 221)
    ///     if let (mask, _) = try sam.mask(inBox: box, in: shelf) { print(mask.area) } // 15447
    ///
    /// - Parameters:
    ///   - box: x1, y1, x2, y2 in pixels of the displayed picture; it may reach beyond the picture.
    ///   - encoding: the picture's.
    /// - Returns: nil if the box lies outside the picture or SAM segments nothing in it.
    /// - Throws: `SAMError.boxOutside` for a box with exchanged corners.
    public func mask(inBox box: Box, in encoding: Encoding) throws -> (mask: Mask, predictedIoU: Float)? {
        let size = encoding.frame.original
        let inside = box.intersection(Box(size))
        guard inside.area > 0, inside.area.isFinite else { return nil }
        // One answer suffices, because a box says how much is meant (SAM, section 3, "resolving ambiguity").
        let answer = try masks(for: Prompt(box: inside), in: encoding, multimask: false).best
        let mask = answer.mask()
        return mask.isEmpty ? nil : (mask, answer.score)
    }

    /// Segments the object in each detection's box.
    /// - Returns: the detections in their order, each with its mask.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func masks(for detections: some Sequence<OWLViT.Detection>, in encoding: Encoding) throws
        -> [MaskedDetection]
    {
        try detections.map { detection in
            try Task.checkCancellation()
            let answer = try mask(inBox: detection.box, in: encoding)
            return MaskedDetection(
                detection: detection, mask: answer?.mask, predictedIoU: answer?.predictedIoU)
        }
    }
}
