public import SpanielPlatform
public import Tensor

/// DINOv2 (Oquab et al. 2023): features of pictures, learnt without labels, that find the same thing
/// elsewhere.
///
///     let dino = try DINOv2(contentsOf: folder)  // for example facebook/dinov2-small
///     let cup = try dino.encode(Picture(contentsOf: file))
///     let cell = cup.frame.cell(at: Point(x: 290, y: 250))
///     let patch = cup.patches[leading: Int(cell.y)][leading: Int(cell.x)]  // what is there, [C]
///     print(cup.patches.shape, patch.count)  // [28, 37, 384] 384, for a picture of 4 : 3
///
/// The models with registers (Darcet et al. 2023) load too.
public struct DINOv2: Sendable {
    package let weights: Weights
    package let configuration: Configuration
    package let preprocessing: ViT.Preprocessing
    package let embeddings: Embeddings
    package let layers: [Layer]
    package let norm: LayerNorm

    /// The folder's name and the weights' SHA-256.
    ///
    /// The digest is computed when it is first asked for, about a second for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// The precision in which the image encoder multiplies.
    public var precision: Tensor.Precision { weights.precision }

    /// The number of layers, which count from 1.
    public var layerCount: Int { layers.count }

    /// The numbers of a token.
    public var channels: Int { configuration.layers.channels }

    /// The precision that suits such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.layers.channels)
    }

    /// Loads a model folder in the hub's layout: `config.json`, the weights, and the preprocessor's file.
    /// - Parameters:
    ///   - folder: a folder such as `ModelStore.locate` returns.
    ///   - precision: the precision in which the image encoder multiplies; nil chooses float32 for a narrow
    ///     encoder and the processor's fastest for a wide one.
    /// - Throws: `WeightsError`, which names the file, the key, what was expected and what was found.
    public init(contentsOf folder: URL, precision: Tensor.Precision? = nil) throws {
        let configuration = try Configuration(contentsOf: folder)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration,
            preprocessing: Self.preprocessing(in: folder, patch: configuration.patchSize),
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    private static func preprocessing(in folder: URL, patch: Int) throws(WeightsError) -> ViT.Preprocessing {
        guard let reader = try ConfigurationReader.preprocessor(in: folder) else { return published }
        let preprocessing = try ViT.Preprocessing(reader, default: classDefaults)
        let size = preprocessing.output
        guard size.width % patch == 0, size.height % patch == 0 else {
            throw reader.unsupported(
                preprocessing.crop == nil ? "size" : "crop_size", "multiples of patch_size, \(patch)")
        }
        return preprocessing
    }

    /// Reads the weights below a cursor; every key must be read, except the token that hides patches in
    /// training.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: ViT.Preprocessing,
        precision: Tensor.Precision = .float32
    ) throws {
        let weights = weights.computing(
            in: precision, floating: Self.automaticPrecision(configuration))
        self.weights = weights
        self.configuration = configuration
        self.preprocessing = preprocessing
        embeddings = try Embeddings(weights["embeddings"], configuration)
        let stack = weights["encoder"]["layer"]
        layers = try (0..<configuration.layers.layers).map { try Layer(stack[$0], configuration) }
        norm = try LayerNorm(
            weights["layernorm"], configuration.layers.channels, epsilon: configuration.layers.epsilon)
        try weights.requireAllRead(ignoring: ["embeddings.mask_token"])
    }
}
