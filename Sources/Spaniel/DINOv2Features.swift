public import DINOv2
public import PerSAM
public import SpanielImaging
public import Tensor

/// DINOv2's features of patches, by which PerSAM tells the object from others.
///
///     let dino = try DINOv2(contentsOf: folder)
///     let persam = PerSAM(sam, features: try DINOv2Features(dino))
///
/// Of several layers, each has the same say: a cosine is the mean of theirs.
public struct DINOv2Features: PerSAM.FeatureSource {
    /// The model, with registers or without.
    public let model: DINOv2
    /// The numbers of the layers, from 1.
    public let layers: [Int]
    /// The pixels that a picture's longer side is brought to; a patch is 14 of them.
    public let longestSide: Int

    /// What the features of each layer say of their place, which is removed; nil: it is kept.
    private let positions: [PositionalSubspace]?

    /// The longer side of the pictures that the published models were trained for.
    public static let usualSide = 518

    /// - Parameters:
    ///   - model: the model whose features they are.
    ///   - layers: the numbers of layers, from 1; none: the last.
    ///   - longestSide: the pixels that a picture's longer side is brought to: more see smaller things, and
    ///     take longer.
    ///   - keepsPositions: whether features keep what they say of their place in the picture; it is removed
    ///     by default, for which a picture of noise is encoded here.
    /// - Throws: `DINOv2Error` for a layer that the model does not have or a side out of range;
    ///   `CancellationError`.
    public init(
        _ model: DINOv2, layers: [Int] = [], longestSide: Int = Self.usualSide, keepsPositions: Bool = false
    ) throws {
        self.model = model
        self.layers = layers.isEmpty ? [model.layerCount] : layers
        self.longestSide = longestSide
        try model.check(layers: self.layers)
        try model.check(longestSide: longestSide)
        positions = keepsPositions ? nil : try PositionalSubspace.of(model, layers: self.layers)
    }

    /// The model's identity, with the layers and the size.
    public var identity: FeatureIdentity {
        FeatureIdentity(model: model.identity, settings: settings)
    }

    /// What the numbers depend on beside the model: `layer 12, 518 pixels, positions removed`.
    package var settings: String {
        let numbers = layers.map(String.init).joined(separator: "+")
        return "layer\(layers.count == 1 ? "" : "s") \(numbers), \(longestSide) pixels, "
            + (positions == nil ? "positions kept" : "positions removed")
    }

    /// The numbers of a cell's feature.
    public var channels: Int { layers.count * model.channels }

    /// Encodes a picture: of each patch the normalised layers without their positions, each at length one, one
    /// after another.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func features(of picture: Picture) throws -> PerSAM.FeatureGrid {
        let encodings = try model.encode(
            picture, layers: layers, preparation: .whole(longestSide: longestSide))
        let parts = encodings.enumerated().map { index, encoding in
            let shape = encoding.patches.shape
            let rows = encoding.patches.l2Normalized().reshaped([shape[0] * shape[1], shape[2]])
            let kept = positions.map { $0[index].removed(from: rows).l2Normalized() } ?? rows
            return kept.reshaped(shape)
        }
        return PerSAM.FeatureGrid(.concatenated(parts, axis: 2))
    }
}
