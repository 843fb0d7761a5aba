public import OWLViT
public import SAM

/// What a detector found, with the mask SAM sees in its box.
public struct MaskedDetection: Sendable {
    public let detection: OWLViT.Detection
    /// At the size of the displayed picture; nil where SAM sees nothing in the box.
    public let mask: Mask?
    /// The intersection over union with the true mask that SAM expects; nil without a mask.
    public let predictedIoU: Float?
}

extension SAM {
    /// The mask of what is in a box, as a detector gives it: what leaves the picture is cut off.
    ///
    /// - Returns: nil when nothing of the box is in the picture, or SAM sees nothing in it.
    public func mask(inBox box: Box, in encoding: Encoding) throws -> (mask: Mask, predictedIoU: Float)? {
        let size = encoding.frame.original
        let inside = box.intersection(Box(size))
        guard inside.area > 0, inside.area.isFinite else { return nil }
        // One answer: a box says how much is meant (SAM, section 3, "resolving ambiguity").
        let answer = try masks(for: Prompt(box: inside), in: encoding, multimask: false).best
        let mask = answer.mask()
        return mask.isEmpty ? nil : (mask, answer.score)
    }

    /// A mask for each of some detections, in their order.
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
