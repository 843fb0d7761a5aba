public import CLIPSeg
public import SAM

/// A segment with the mask SAM draws of it.
public struct RefinedSegment: Sendable {
    /// With the precise mask and its box; class and score are CLIPSeg's.
    public let segment: CLIPSeg.Segment
    /// What CLIPSeg saw, and how SAM's answer compares with it.
    public let rough: Mask
    public let refinement: Refinement
}

extension SAM {
    /// Draws segments precisely, best first; where two of them then claim a pixel, the better one has it.
    ///
    /// - Returns: a segment of which nothing is left is left out.
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

/// Segment, then refine: CLIPSeg says what is about where, SAM draws it.
///
///     let segmenter = RefiningSegmenter(clipseg, sam)
///     let mug = try clipseg.concept("mug", clipseg.embed(["a mug"]))
///     for object in try segmenter.segment([mug], in: segmenter.encode(picture)) { print(object.segment.box) }
public struct RefiningSegmenter: Sendable {
    public let clipseg: CLIPSeg
    public let sam: SAM

    public init(_ clipseg: CLIPSeg, _ sam: SAM) {
        self.clipseg = clipseg
        self.sam = sam
    }

    /// A picture as both models know it.
    public struct Encoding: Sendable {
        public let segments: CLIPSeg.Encoding
        public let masks: SAM.Encoding

        /// Encodings of one picture, where they are there already.
        public init(segments: CLIPSeg.Encoding, masks: SAM.Encoding) {
            self.segments = segments
            self.masks = masks
        }
    }

    /// Encodes a picture for both models: the slow part, done once.
    public func encode(_ picture: Picture) throws -> Encoding {
        Encoding(segments: try clipseg.encode(picture), masks: try sam.encode(picture))
    }

    /// The regions of some classes, best first, drawn precisely.
    /// - Parameter negatives: what a region must not be taken for.
    public func segment(
        _ concepts: [CLIPSeg.Concept], against negatives: [CLIPSeg.Concept] = [], in encoding: Encoding,
        options: CLIPSeg.SegmentOptions = CLIPSeg.SegmentOptions()
    ) throws -> [RefinedSegment] {
        try sam.refine(
            clipseg.segment(concepts, against: negatives, in: encoding.segments, options: options),
            in: encoding.masks)
    }
}
