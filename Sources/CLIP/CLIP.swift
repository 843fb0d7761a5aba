public import SpanielPlatform
public import SpanielImaging
public import Tensor

/// CLIP (Radford et al. 2021): encodes pictures and texts as vectors of one space, in which a text lies near
/// the pictures that it describes.
///
///     let clip = try CLIP(contentsOf: folder)  // for example openai/clip-vit-base-patch32
///     let texts = try clip.embed(["cat", "dog"], templates: ["a photo of a {}."])
///     let picture = try clip.encode(Picture(contentsOf: file))
///     for answer in clip.classify(picture, as: texts) { print(answer.className, answer.score) }
///     // two lines, the more probable text first, such as "cat 0.99" and "dog 0.01"
public struct CLIP: Sendable {
    package let weights: Weights
    package let configuration: Configuration
    package let preprocessing: ViT.Preprocessing
    package let imageEncoder: ImageEncoder
    package let pictureProjection: Linear
    /// The factor for cosines, which the model learnt.
    package let scale: Float
    package let texts: Texts

    /// The folder's name and the weights' SHA-256.
    ///
    /// The digest is computed when it is first asked for, about a second for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// The precision in which both encoders multiply.
    public var precision: Tensor.Precision { weights.precision }

    /// The precision that suits such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.image.layers.channels)
    }

    /// Loads a model folder in the hub's layout, or a checkpoint of the authors, such as `ViT-B-32.pt`; the
    /// tokenizer is read when the first text comes.
    /// - Parameters:
    ///   - url: a folder such as `ModelStore.locate` returns, or a checkpoint, in which nothing is executed;
    ///     its tokenizer's files must lie beside it.
    ///   - precision: the precision in which the encoders multiply; nil chooses float32 for a narrow encoder
    ///     and the processor's fastest for a wide one.
    /// - Throws: `WeightsError`, which names the file, the key, what was expected and what was found.
    public init(contentsOf url: URL, precision: Tensor.Precision? = nil) throws {
        guard Weights.isFile(url) else {
            try self.init(folder: url, precision: precision)
            return
        }
        let weights = try Weights(checkpoint: url)
        guard let layout = try CLIPCheckpoint.layout(weights) else {
            throw WeightsError.checkpoint(
                file: weights.modelName, expected: "the names of CLIP's published checkpoints",
                found: "\(weights.names.count) others, such as \(weights.names.first ?? "none")")
        }
        let configuration = try Configuration(layout.configurationReader())
        try self.init(
            layout.weights, configuration: configuration,
            preprocessing: ViT.Preprocessing(
                layout.preprocessorReader(), default: Self.published(configuration)),
            tokenizerFolder: url.deletingLastPathComponent(),
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// The preprocessing of the published models, for a folder that does not say.
    private static func published(_ configuration: Configuration) -> ViT.Preprocessing {
        let side = configuration.image.imageSize
        return ViT.Preprocessing(
            .shortestEdge(side), crop: Size(width: side, height: side), filter: .bicubic,
            mean: ViT.Preprocessing.openAIMean, deviation: ViT.Preprocessing.openAIDeviation)
    }

    private init(folder: URL, precision: Tensor.Precision?) throws {
        let reader = try ConfigurationReader(contentsOf: folder.appending(path: "config.json"))
        _ = try reader.oneOf("model_type", default: "clip", ["clip"])
        let configuration = try Configuration(reader)
        let side = configuration.image.imageSize
        let preprocessing = try ViT.Preprocessing(
            contentsOf: folder, default: Self.published(configuration),
            expecting: Size(width: side, height: side))
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            tokenizerFolder: folder,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Reads the weights below a cursor; every key must be read, except those that files carry for history.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: ViT.Preprocessing,
        tokenizerFolder: URL,
        precision: Tensor.Precision = .float32
    ) throws {
        let weights = weights.computing(
            in: precision, floating: Self.automaticPrecision(configuration))
        self.weights = weights
        self.configuration = configuration
        self.preprocessing = preprocessing
        imageEncoder = try ImageEncoder(weights["vision_model"], configuration.image)
        pictureProjection = try Linear(
            weights["visual_projection"].floating, in: configuration.image.layers.channels,
            out: configuration.projection, bias: false)
        scale = try weights.tensor("logit_scale", []).exp().array[0]
        texts = try Texts(
            weights.floating, configuration, tokenizerFolder: tokenizerFolder, isNormalized: true)
        try weights.requireAllRead(ignoring: ["*.position_ids"])
    }

    /// An encoded picture: a vector near those of the texts that describe it.
    public struct Encoding: Sendable {
        /// The vector, [D], not normalised.
        public let embedding: Tensor

        package init(embedding: Tensor) { self.embedding = embedding }
    }

    /// Encodes a picture, which takes most of the time; do it once for any number of texts.
    /// - Parameter picture: any size; it is brought to the model's input as the folder's preprocessor says.
    /// - Throws: `CancellationError` if the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding { try encode(pixels: preprocessing(picture)) }

    /// - Parameter pixels: normalised, [1, S, S, 3].
    package func encode(pixels: Tensor) throws -> Encoding {
        Encoding(embedding: pictureProjection(imageEncoder.pooled(try imageEncoder(pixels)))[leading: 0])
    }

    /// Turns texts into vectors; each text is encoded once and remembered.
    ///
    /// - Parameters:
    ///   - texts: the words, at least one known to the model in each; a longer one than the model takes is
    ///     cut.
    ///   - templates: sentences in which `{}` stands for the text; with several, the mean of their vectors is
    ///     taken (CLIP, section 3.1.4).
    /// - Returns: one vector for each text, in their order.
    /// - Throws: `CLIPError` for a text without a known word, a template without `{}`, and missing or
    ///   inconsistent tokenizer files; `CancellationError`.
    public func embed(_ texts: [String], templates: [String] = ["{}"]) throws -> [TextEmbedding] {
        if let other = templates.first(where: { $0.firstRange(of: "{}") == nil }) {
            throw CLIPError.template(other)
        }
        if templates.isEmpty || templates == ["{}"] { return try self.texts.embed(texts) }
        // Checked without the template, in which even an empty text would pass.
        for text in texts { _ = try self.texts.tokens(text) }
        let all = try self.texts.embed(
            texts.flatMap { text in templates.map { $0.replacing("{}", with: text) } })
        return texts.enumerated().map { i, text in
            .mean(Array(all[i * templates.count..<(i + 1) * templates.count]), text: text)
        }
    }

    /// Measures how well texts fit a picture: the cosine of the two vectors, times the factor that the model
    /// learnt.
    /// - Returns: [texts].
    public func logits(for texts: [TextEmbedding], in encoding: Encoding) -> Tensor {
        let picture = encoding.embedding.l2Normalized()
        return Tensor(texts.map { $0.embedding.dot(picture) * scale }, [texts.count])
    }

    /// Ranks texts by how probable it is that the picture shows them, the most probable first.
    ///
    /// The probabilities add up to 1, as if the picture showed exactly one of the texts.
    public func classify(_ encoding: Encoding, as texts: [TextEmbedding]) -> [ViT.Classification] {
        texts.isEmpty
            ? [] : ViT.Classification.ranked(texts.map(\.text), logits: logits(for: texts, in: encoding))
    }
}
