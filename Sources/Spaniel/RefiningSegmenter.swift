public import CLIPSeg
public import SAM

/// A segment of CLIPSeg that SAM refined.
public struct RefinedSegment: Sendable {
    /// The segment with the refined mask, its box and its area; class and score are CLIPSeg's.
    public let segment: CLIPSeg.Segment
    /// CLIPSeg's mask, of the displayed picture's size.
    public let rough: Mask
    /// SAM's answer, and its overlap with CLIPSeg's mask.
    public let refinement: Refinement
}

extension SAM {
    /// Refines segments; a pixel that two of them share belongs to the one with the better score.
    ///
    /// - Returns: the segments, the best score first; a segment without pixels left is omitted.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func refine(_ segments: some Sequence<CLIPSeg.Segment>, in encoding: Encoding) throws
        -> [RefinedSegment]
    {
        var taken = Mask(size: encoding.frame.original)
        var refined: [RefinedSegment] = []
        for segment in segments.sorted(by: { $0.score > $1.score }) {
            try Task.checkCancellation()
            guard let refinement = try refine(segment.mask, in: encoding) else { continue }
            let mask = refinement.mask.subtracting(taken)
            guard let box = mask.box else { continue }
            taken.formUnion(mask)
            var precise = segment
            (precise.mask, precise.box, precise.area) = (mask, box, mask.area)
            refined.append(RefinedSegment(segment: precise, rough: segment.mask, refinement: refinement))
        }
        return refined
    }
}

/// Segments regions roughly with CLIPSeg and refines each of them with SAM.
///
///     let clipseg = try CLIPSeg(contentsOf: Starters.clipSegNano)
///     let segmenter = RefiningSegmenter(clipseg, try SAM(contentsOf: Starters.samNano))
///     let boot = try clipseg.concept("boot", clipseg.embed(["a boot"]))
///     let shelf = try segmenter.encode(Picture(contentsOf: Starters.shelf))
///     for object in try segmenter.segment([boot], in: shelf) {
///         print(object.segment.score, object.segment.box)
///     }
///     // 0.871… Box(x1: 49.0, y1: 87.0, x2: 203.0, y2: 211.0)
///     // 0.848… Box(x1: 435.0, y1: 80.0, x2: 612.0, y2: 222.0)
public struct RefiningSegmenter: Sendable {
    /// The model that segments roughly.
    public let clipseg: CLIPSeg
    /// The model that refines.
    public let sam: SAM

    /// Combines two loaded models.
    public init(_ clipseg: CLIPSeg, _ sam: SAM) {
        self.clipseg = clipseg
        self.sam = sam
    }

    /// A picture that both models have encoded.
    public struct Encoding: Sendable {
        /// CLIPSeg's encoding.
        public let segments: CLIPSeg.Encoding
        /// SAM's encoding.
        public let masks: SAM.Encoding

        /// Combines two encodings of one picture, for a caller that has them already.
        public init(segments: CLIPSeg.Encoding, masks: SAM.Encoding) {
            self.segments = segments
            self.masks = masks
        }
    }

    /// Encodes a picture with both models, which is the slow part: do it once, then search for any classes.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        Encoding(segments: try clipseg.encode(picture), masks: try sam.encode(picture))
    }

    /// Finds the regions of some classes, with refined masks.
    /// - Parameters:
    ///   - concepts: the classes to search for.
    ///   - negatives: the classes that a region must not be taken for.
    ///   - encoding: the picture's.
    ///   - options: which regions CLIPSeg returns.
    /// - Returns: the regions, the best score first.
    /// - Throws: what `CLIPSeg.segment` throws; `CancellationError`.
    public func segment(
        _ concepts: [CLIPSeg.Concept], against negatives: [CLIPSeg.Concept] = [], in encoding: Encoding,
        options: CLIPSeg.SegmentOptions = CLIPSeg.SegmentOptions()
    ) throws -> [RefinedSegment] {
        try sam.refine(
            clipseg.segment(concepts, against: negatives, in: encoding.segments, options: options),
            in: encoding.masks)
    }
}
