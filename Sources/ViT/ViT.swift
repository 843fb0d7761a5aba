public import SpanielPlatform
public import SpanielImaging
public import Tensor

/// The Vision Transformer (Dosovitskiy et al. 2020) with its classes, and the layers that every model built
/// on it shares.
///
///     let vit = try ViT(contentsOf: folder)
///     for answer in vit.classify(try vit.encode(picture)).prefix(5) { print(answer.className, answer.score) }
public struct ViT: Sendable {
    package let weights: Weights
    /// The names of the classes, in the model's order.
    public let classes: [String]
    package let configuration: Configuration
    package let preprocessing: Preprocessing
    package let embeddings: Embeddings
    package let layers: [Layer]
    package let norm: LayerNorm
    package let classifier: Linear

    /// The folder's name and the weights' SHA-256, which is computed when first asked for: about a second
    /// for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// How the image encoder computes.
    public var precision: Tensor.Precision { weights.precision }

    /// What suits such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.layers.channels)
    }

    /// Loads a model folder in the hub's layout.
    /// - Parameter precision: how the image encoder computes; nil: float32 for a narrow encoder, else the
    ///   processor's fastest.
    /// - Throws: `WeightsError` naming the file, the key, what was expected and what was found.
    public init(contentsOf folder: URL, precision: Tensor.Precision? = nil) throws {
        let configuration = try Configuration(contentsOf: folder)
        let side = Size(width: configuration.imageSize, height: configuration.imageSize)
        let published = Preprocessing(
            .squash(side), filter: .bilinear, mean: Preprocessing.half, deviation: Preprocessing.half)
        let preprocessing = try Preprocessing(contentsOf: folder, default: published, expecting: side)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Takes its weights from a cursor; every key must be read but those that files carry for history.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: Preprocessing,
        precision: Tensor.Precision = .float32
    ) throws {
        self.weights = weights.computing(in: precision)
        self.configuration = configuration
        self.preprocessing = preprocessing
        classes = configuration.classes
        let sizes = configuration.layers
        let root = weights["vit"].computing(in: precision)
        let place = root["embeddings"]
        let grid = configuration.grid
        embeddings = Embeddings(
            patches: try Conv2d(
                place["patch_embeddings"]["projection"], in: 3, out: sizes.channels,
                kernel: configuration.patchSize,
                stride: configuration.patchSize),
            classToken: try place.tensor("cls_token", [1, 1, sizes.channels]).reshaped([sizes.channels]),
            positions: try place.tensor("position_embeddings", [1, 1 + grid * grid, sizes.channels])[
                leading: 0], grid: grid)
        // transformers' own names since version 5 where they are, else the hub's.
        let isNew = root["layers"].contains("0.layernorm_before.weight")
        let (stack, names) =
            isNew ? (root["layers"], LayerNames.transformers) : (root["encoder"]["layer"], LayerNames.hub)
        layers = try (0..<sizes.layers).map {
            try Layer(stack[$0], sizes, names: names, attentionBias: configuration.attentionBias)
        }
        norm = try LayerNorm(root["layernorm"], sizes.channels, epsilon: sizes.epsilon)
        classifier = try Linear(weights["classifier"], in: sizes.channels, out: classes.count)
        try weights.requireAllRead(ignoring: ["*.position_ids", "vit.pooler.*"])
    }

    /// Encodes a picture: the slow part.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        Encoding(embedding: try tokens(preprocessing(picture))[leading: 0][leading: 0])
    }

    /// - Parameter pixels: [1, S, S, 3], normalised.
    /// - Returns: all tokens after the last layer, normalised, the class token first, [1, 1 + hw, C].
    /// - Throws: `CancellationError` between layers.
    package func tokens(_ pixels: Tensor) throws -> Tensor {
        var x = embeddings(pixels)
        for layer in layers {
            try Task.checkCancellation()
            x = layer(x)
        }
        return norm(x)
    }
}
