public import SpanielPlatform
public import SpanielImaging
public import Tensor

/// The Vision Transformer (Dosovitskiy et al. 2020): classifies a whole picture.
///
///     let vit = try ViT(contentsOf: folder)  // for example google/vit-base-patch16-224
///     let picture = try Picture(contentsOf: file)
///     for answer in vit.classify(try vit.encode(picture)).prefix(5) {
///         print(answer.className, answer.score)
///     }
///     // five lines, the most probable class first, such as "tabby, tabby cat 0.72"
///
/// The module also holds the layers that every model built on a ViT shares.
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

    /// The folder's name and the weights' SHA-256.
    ///
    /// The digest is computed when it is first asked for, about a second for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// The precision in which the image encoder multiplies.
    public var precision: Tensor.Precision { weights.precision }

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
        let side = Size(width: configuration.imageSize, height: configuration.imageSize)
        let published = Preprocessing(
            .squash(side), filter: .bilinear, mean: Preprocessing.half, deviation: Preprocessing.half)
        let preprocessing = try Preprocessing(contentsOf: folder, default: published, expecting: side)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Reads the weights below a cursor; every key must be read, except those that files carry for history.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: Preprocessing,
        precision: Tensor.Precision = .float32
    ) throws {
        self.weights = weights.computing(
            in: precision, floating: Self.automaticPrecision(configuration))
        self.configuration = configuration
        self.preprocessing = preprocessing
        classes = configuration.classes
        let sizes = configuration.layers
        let root = self.weights["vit"]
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
        // The names are transformers' since version 5, or else the hub's.
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

    /// Encodes a picture, which takes most of the time.
    /// - Parameter picture: any size; it is brought to the model's input as the folder's preprocessor says.
    /// - Throws: `CancellationError` if the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        Encoding(embedding: try tokens(preprocessing(picture))[leading: 0][leading: 0])
    }

    /// Runs the layers.
    /// - Parameter pixels: normalised, [1, S, S, 3].
    /// - Returns: all tokens after the last layer, normalised, the class token first, [1, 1 + hw, C].
    /// - Throws: `CancellationError`, between layers.
    package func tokens(_ pixels: Tensor) throws -> Tensor {
        var x = embeddings(pixels)
        for layer in layers {
            try Task.checkCancellation()
            x = layer(x)
        }
        return norm(x)
    }
}
