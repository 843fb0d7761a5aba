public import OWLViT
public import SAM

/// Detects objects with OWL-ViT and segments each of them with SAM.
///
///     let owl = try OWLViT(contentsOf: Starters.owlViTNano)
///     let detector = MaskingDetector(owl, try SAM(contentsOf: Starters.samNano))
///     let boot = try owl.concept("boot", texts: ["a boot"])
///     let shelf = try detector.encode(Picture(contentsOf: Starters.shelf))
///     for object in try detector.detect([boot], in: shelf, options: .init(threshold: 0.2)) {
///         print(object.detection.score, object.mask?.box ?? object.detection.box)
///     }
///     // prints a score and the mask's box for each of the two boots
///
/// Use `RefiningSegmenter` where objects touch or have no clear boxes, such as grass.
public struct MaskingDetector: Sendable {
    /// The model that detects.
    public let detector: OWLViT
    /// The model that segments.
    public let sam: SAM

    /// Combines two loaded models.
    public init(_ detector: OWLViT, _ sam: SAM) {
        self.detector = detector
        self.sam = sam
    }

    /// A picture that both models have encoded.
    public struct Encoding: Sendable {
        /// OWL-ViT's encoding.
        public let boxes: OWLViT.Encoding
        /// SAM's encoding.
        public let masks: SAM.Encoding

        /// Combines two encodings of one picture, for a caller that has them already.
        public init(boxes: OWLViT.Encoding, masks: SAM.Encoding) {
            self.boxes = boxes
            self.masks = masks
        }
    }

    /// Encodes a picture with both models, which is the slow part: do it once, then search for any classes.
    /// - Parameters:
    ///   - picture: the picture, of any size.
    ///   - preparation: how OWL-ViT's picture becomes a square.
    ///   - tiles: the number of OWL-ViT's tiles along a side, 1…16.
    /// - Throws: `OWLViTError.tiles`; `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture, preparation: OWLViT.Preparation = .hf, tiles: Int = 1) throws
        -> Encoding
    {
        Encoding(
            boxes: try detector.encode(picture, preparation: preparation, tiles: tiles),
            masks: try sam.encode(picture))
    }

    /// Finds the objects of some classes, each with its mask.
    /// - Returns: the objects, the best score first.
    /// - Throws: what `OWLViT.detect` throws; `CancellationError`.
    public func detect(
        _ concepts: [OWLViT.Concept], in encoding: Encoding,
        options: OWLViT.DetectOptions = OWLViT.DetectOptions()
    ) throws -> [MaskedDetection] {
        try sam.masks(
            for: detector.detect(concepts, in: encoding.boxes, options: options), in: encoding.masks)
    }
}
