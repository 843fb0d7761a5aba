public import SpanielImaging
public import Tensor

extension PerSAM {
    /// A model whose features tell the object from others better than SAM's own embedding does.
    ///
    /// SAM was trained to draw edges, not to recognise. Similarity, refusal and score then come from these
    /// features; prompts and masks stay SAM's. `DINOv2Features` in the module Spaniel is one:
    ///
    ///     let persam = PerSAM(sam, features: try DINOv2Features(dino))
    public protocol FeatureSource: Sendable {
        /// What the features are; `find` refuses a concept of others.
        var identity: FeatureIdentity { get }
        /// The numbers of a cell's feature.
        var channels: Int { get }
        /// Encodes a picture of any size.
        /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
        func features(of picture: Picture) throws -> FeatureGrid
    }

    /// A picture's features on a grid that reaches from edge to edge of it.
    public struct FeatureGrid: Sendable {
        /// The feature of each cell, [rows, columns, channels].
        public let values: Tensor

        /// - Parameter values: [rows, columns, channels], at least one of each.
        public init(_ values: Tensor) {
            precondition(values.shape.rank == 3 && values.count > 0, "features of shape \(values.shape)")
            self.values = values
        }
    }

    /// A picture as PerSAM searches it.
    public struct Encoding: Sendable {
        /// SAM's encoding, which gives the masks.
        public let masks: SAM.Encoding
        /// The features that tell things apart; nil: SAM's own embedding.
        public let features: FeatureGrid?

        /// Combines what was computed of one picture.
        public init(masks: SAM.Encoding, features: FeatureGrid? = nil) {
            self.masks = masks
            self.features = features
        }

        /// The place of the picture in SAM's input.
        public var frame: SAM.Frame { masks.frame }
    }

    /// Does what `find(_:in:options:)` does where SAM's encoding is all there is.
    /// - Throws: `PerSAMError.featuresMissing` if this PerSAM takes features from another model; what the
    ///   other throws.
    package func find(_ concept: Concept, in encoding: SAM.Encoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        try find([concept], in: Encoding(masks: encoding), options: options)
    }

    /// Does what `find(_:in:options:)` does where SAM's encoding is all there is.
    /// - Throws: `PerSAMError.featuresMissing` if this PerSAM takes features from another model; what the
    ///   other throws.
    package func find(_ concepts: [Concept], in encoding: SAM.Encoding, options: FindOptions = FindOptions())
        throws -> Findings
    {
        try find(concepts, in: Encoding(masks: encoding), options: options)
    }

    /// Checks that a picture has the features that this PerSAM compares.
    func check(_ encoding: Encoding) throws(PerSAMError) {
        guard let features else { return }
        guard let grid = encoding.features else {
            throw .featuresMissing(features: features.identity.model.name)
        }
        precondition(
            grid.values.shape[2] == features.channels,
            "features of \(grid.values.shape[2]) channels, \(features.channels) expected")
    }
}
