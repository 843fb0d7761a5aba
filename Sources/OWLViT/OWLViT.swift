public import SpanielPlatform
import SpanielImaging
public import Tensor

/// OWL-ViT (Minderer et al. 2022) and OWLv2 (2023): a picture is encoded once, then searched for anything
/// that texts or examples describe.
///
///     let owl = try OWLViT(contentsOf: folder)
///     let scene = try owl.encode(picture)
///     let mug = try owl.concept("mug", texts: ["a mug", "a cup of coffee"])
///     for object in try owl.detect([mug], in: scene) { print(object.box, object.score) }
public struct OWLViT: Sendable {
    public let version: Version
    package let weights: Weights
    package let configuration: Configuration
    package let preprocessing: Preprocessing
    package let imageEncoder: CLIP.ImageEncoder
    package let mergedNorm: LayerNorm
    package let heads: Heads
    package let texts: CLIP.Texts

    /// The folder's name and the weights' SHA-256, which is computed when first asked for: about a second
    /// for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// How encoders and heads compute.
    public var precision: Tensor.Precision { weights.precision }

    /// What suits such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.channels)
    }

    /// Loads a model folder in the hub's layout.
    /// - Parameter precision: how encoders and heads compute; nil: float32 for a narrow encoder, else the
    ///   processor's fastest.
    /// - Throws: `WeightsError` or `OWLViTError` naming the file, the key, what was expected and what was
    ///   found.
    public init(contentsOf folder: URL, precision: Tensor.Precision? = nil) throws {
        let configuration = try Configuration(contentsOf: folder)
        let preprocessing = try Preprocessing(contentsOf: folder, configuration)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            tokenizerFolder: folder,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Takes its weights from a cursor; every key must be read, but for those that published files carry for
    /// history.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: Preprocessing, tokenizerFolder: URL,
        precision: Tensor.Precision = .float32
    ) throws {
        let weights = weights.computing(in: precision)
        self.weights = weights
        self.configuration = configuration
        self.preprocessing = preprocessing
        version = configuration.version
        let encoders = weights[configuration.version.modelType]
        let sizes = configuration.encoders.image.layers
        imageEncoder = try CLIP.ImageEncoder(
            encoders["vision_model"], configuration.encoders.image, preNorm: "pre_layernorm")
        mergedNorm = try LayerNorm(weights["layer_norm"], sizes.channels, epsilon: sizes.epsilon)
        heads = try Heads(weights, configuration)
        texts = try CLIP.Texts(
            encoders, configuration.encoders, tokenizerFolder: tokenizerFolder, isNormalized: true)
        try weights.requireAllRead(ignoring: ["*.position_ids", "*.visual_projection.weight", "*logit_scale"])
    }

    /// - Parameter pixels: [1, S, S, 3], normalised.
    /// - Throws: `CancellationError` between layers.
    package func patches(of pixels: Tensor) throws -> Patches {
        heads(merged(try imageEncoder(pixels)))
    }

    /// Patches as the heads see them: each multiplied by the class token, and normalised.
    /// - Parameter tokens: after the last layer, [1, 1 + N, C].
    /// - Returns: [N, C].
    package func merged(_ tokens: Tensor) -> Tensor {
        let tokens = imageEncoder.postNorm(tokens)[leading: 0]
        return mergedNorm(tokens[leading: 1..<tokens.shape[0]] * tokens[leading: 0])
    }
}
