public import SpanielPlatform
import SpanielImaging
public import Tensor

/// OWL-ViT (Minderer et al. 2022, arXiv:2205.06230) and OWLv2 (2023, arXiv:2306.09683) find boxes around what
/// texts or examples describe.
///
/// Encode a picture once, which is the slow part; then search it for any number of classes.
///
///     let owl = try OWLViT(contentsOf: Starters.owlViTNano)
///     let shelf = try owl.encode(Picture(contentsOf: Starters.shelf))
///     let boot = try owl.concept("boot", texts: ["a boot"])
///     for object in try owl.detect(boot, in: shelf) { print(object.score, object.box.x1) }
///     // 0.416… 421.0…
///     // 0.253… 49.0…
///     // 0.137… 325.8…, which is no boot: a threshold of 0.2 leaves it out
///     // 0.123… 264.4…
///
/// `PerSAM` and `CLIPSeg` return masks instead of boxes.
public struct OWLViT: Sendable {
    /// The paper that the model is of, which its config.json says.
    public let version: Version
    package let weights: Weights
    package let configuration: Configuration
    package let preprocessing: Preprocessing
    package let imageEncoder: CLIP.ImageEncoder
    package let mergedNorm: LayerNorm
    package let heads: Heads
    package let texts: CLIP.Texts

    /// The folder's name and the weights' SHA-256.
    ///
    /// The first access computes the checksum, which takes about a second for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// The precision in which the encoders and the heads compute.
    public var precision: Tensor.Precision { weights.precision }

    /// The precision that `init(contentsOf:precision:)` takes by default, for such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.channels)
    }

    /// Loads a model folder in the hub's layout; the first text that is embedded loads the tokenizer.
    /// - Parameters:
    ///   - folder: the model's folder, of an OWL-ViT or an OWLv2.
    ///   - precision: the precision of the encoders and the heads; nil takes float32 for a narrow encoder
    ///     such as `owlvit-nano`'s, else the fastest that the processor has.
    /// - Throws: `WeightsError` naming the file, the key, what was expected and what was found;
    ///   `OWLViTError.modelKind` for another kind of model.
    public init(contentsOf folder: URL, precision: Tensor.Precision? = nil) throws {
        let configuration = try Configuration(contentsOf: folder)
        let preprocessing = try Preprocessing(contentsOf: folder, configuration)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            tokenizerFolder: folder,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Reads its weights from a cursor; a key that nothing reads is an error, except for unused ones that
    /// published files contain.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: Preprocessing, tokenizerFolder: URL,
        precision: Tensor.Precision = .float32
    ) throws {
        let weights = weights.computing(
            in: precision, floating: Self.automaticPrecision(configuration))
        self.weights = weights
        self.configuration = configuration
        self.preprocessing = preprocessing
        version = configuration.version
        let encoders = weights[configuration.version.modelType]
        let sizes = configuration.encoders.image.layers
        imageEncoder = try CLIP.ImageEncoder(
            encoders["vision_model"], configuration.encoders.image, preNorm: "pre_layernorm")
        mergedNorm = try LayerNorm(weights["layer_norm"], sizes.channels, epsilon: sizes.epsilon)
        heads = try Heads(weights.floating, configuration)
        texts = try CLIP.Texts(
            encoders.floating, configuration.encoders, tokenizerFolder: tokenizerFolder, isNormalized: true)
        try weights.requireAllRead(ignoring: ["*.position_ids", "*.visual_projection.weight", "*logit_scale"])
    }

    /// Encodes preprocessed pixels.
    /// - Parameter pixels: [1, S, S, 3], normalised.
    /// - Throws: `CancellationError` between layers.
    package func patches(of pixels: Tensor) throws -> Patches {
        heads(merged(try imageEncoder(pixels)))
    }

    /// Computes the heads' input: each patch multiplied by the class token, and normalised.
    /// - Parameter tokens: the tokens after the last layer, [1, 1 + N, C].
    /// - Returns: [N, C].
    package func merged(_ tokens: Tensor) -> Tensor {
        let tokens = imageEncoder.postNorm(tokens)[leading: 0]
        return mergedNorm(tokens[leading: 1..<tokens.shape[0]] * tokens[leading: 0])
    }
}
