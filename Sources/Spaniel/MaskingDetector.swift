public import OWLViT
public import SAM

/// Detect, then mask: OWL-ViT says what is where, SAM draws it.
///
///     let detector = MaskingDetector(owl, sam)
///     let mug = try owl.concept("mug", texts: owl.embed(["a mug"]))
///     for object in try detector.detect([mug], in: detector.encode(picture)) { print(object.detection.box, object.mask?.area ?? 0) }
public struct MaskingDetector: Sendable {
    public let detector: OWLViT
    public let sam: SAM

    public init(_ detector: OWLViT, _ sam: SAM) {
        self.detector = detector
        self.sam = sam
    }

    /// A picture as both models know it.
    public struct Encoding: Sendable {
        public let boxes: OWLViT.Encoding
        public let masks: SAM.Encoding

        /// Encodings of one picture, where they are there already.
        public init(boxes: OWLViT.Encoding, masks: SAM.Encoding) {
            self.boxes = boxes
            self.masks = masks
        }
    }

    /// Encodes a picture for both models: the slow part, done once.
    public func encode(_ picture: Picture, preparation: OWLViT.Preparation = .hf, tiles: Int = 1) throws
        -> Encoding
    {
        Encoding(
            boxes: try detector.encode(picture, preparation: preparation, tiles: tiles),
            masks: try sam.encode(picture))
    }

    /// The objects of some classes, best first, each with its mask.
    public func detect(
        _ concepts: [OWLViT.Concept], in encoding: Encoding,
        options: OWLViT.DetectOptions = OWLViT.DetectOptions()
    ) throws -> [MaskedDetection] {
        try sam.masks(
            for: detector.detect(concepts, in: encoding.boxes, options: options), in: encoding.masks)
    }
}
