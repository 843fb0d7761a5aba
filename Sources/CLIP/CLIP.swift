public import SpanielPlatform
public import SpanielImaging
public import Tensor

/// CLIP (Radford et al. 2021): pictures and texts in one space, where what belongs together is near.
///
///     let clip = try CLIP(contentsOf: folder)
///     let texts = try clip.embed(["cat", "dog"], templates: ["a photo of a {}."])
///     for answer in clip.classify(try clip.encode(picture), as: texts) { print(answer.className, answer.score) }
public struct CLIP: Sendable {
    package let weights: Weights
    package let configuration: Configuration
    package let preprocessing: ViT.Preprocessing
    package let imageEncoder: ImageEncoder
    package let pictureProjection: Linear
    /// What cosines are multiplied by.
    package let scale: Float
    package let texts: Texts

    /// The folder's name and the weights' SHA-256, which is computed when first asked for: about a second
    /// for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// How the encoders compute.
    public var precision: Tensor.Precision { weights.precision }

    /// What suits such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.image.layers.channels)
    }

    /// Loads a model folder in the hub's layout; its tokenizer is read when the first text comes.
    /// - Parameter precision: how the encoders compute; nil: float32 for a narrow encoder, else the
    ///   processor's fastest.
    /// - Throws: `WeightsError` naming the file, the key, what was expected and what was found.
    public init(contentsOf folder: URL, precision: Tensor.Precision? = nil) throws {
        let reader = try ConfigurationReader(contentsOf: folder.appending(path: "config.json"))
        _ = try reader.oneOf("model_type", default: "clip", ["clip"])
        let configuration = try Configuration(reader)
        let side = configuration.image.imageSize
        let square = Size(width: side, height: side)
        let published = ViT.Preprocessing(
            .shortestEdge(side), crop: square, filter: .bicubic, mean: ViT.Preprocessing.openAIMean,
            deviation: ViT.Preprocessing.openAIDeviation)
        let preprocessing = try ViT.Preprocessing(contentsOf: folder, default: published, expecting: square)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            tokenizerFolder: folder,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Takes its weights from a cursor; every key must be read but those that files carry for history.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: ViT.Preprocessing,
        tokenizerFolder: URL,
        precision: Tensor.Precision = .float32
    ) throws {
        let weights = weights.computing(in: precision)
        self.weights = weights
        self.configuration = configuration
        self.preprocessing = preprocessing
        imageEncoder = try ImageEncoder(weights["vision_model"], configuration.image)
        pictureProjection = try Linear(
            weights["visual_projection"], in: configuration.image.layers.channels,
            out: configuration.projection, bias: false)
        scale = try weights.tensor("logit_scale", []).exp().array[0]
        texts = try Texts(weights, configuration, tokenizerFolder: tokenizerFolder, isNormalized: true)
        try weights.requireAllRead(ignoring: ["*.position_ids"])
    }

    /// A picture as the model knows it: a vector near those of the texts that describe it.
    public struct Encoding: Sendable {
        /// [D], of any length.
        public let embedding: Tensor

        package init(embedding: Tensor) { self.embedding = embedding }
    }

    /// Encodes a picture: the slow part, done once for any number of texts.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding { try encode(pixels: preprocessing(picture)) }

    /// - Parameter pixels: [1, S, S, 3], normalised.
    package func encode(pixels: Tensor) throws -> Encoding {
        Encoding(embedding: pictureProjection(imageEncoder.pooled(try imageEncoder(pixels)))[leading: 0])
    }

    /// Texts as vectors; each is encoded once and remembered.
    ///
    /// - Parameter templates: what is said round a text, `{}` standing for it; of several the mean is taken
    ///   (CLIP, section 3.1.4).
    /// - Throws: `CLIPError` for a text that says nothing or a template without a place; `CancellationError`.
    public func embed(_ texts: [String], templates: [String] = ["{}"]) throws -> [TextEmbedding] {
        if let other = templates.first(where: { $0.firstRange(of: "{}") == nil }) {
            throw CLIPError.template(other)
        }
        if templates.isEmpty || templates == ["{}"] { return try self.texts.embed(texts) }
        // Within a template even an empty text would pass.
        for text in texts { _ = try self.texts.tokens(text) }
        let all = try self.texts.embed(
            texts.flatMap { text in templates.map { $0.replacing("{}", with: text) } })
        return texts.enumerated().map { i, text in
            .mean(Array(all[i * templates.count..<(i + 1) * templates.count]), text: text)
        }
    }

    /// How well texts fit a picture: the cosine of the two vectors, times what the model learnt.
    /// - Returns: [texts].
    public func logits(for texts: [TextEmbedding], in encoding: Encoding) -> Tensor {
        let picture = encoding.embedding.l2Normalized()
        return Tensor(texts.map { $0.embedding.dot(picture) * scale }, [texts.count])
    }

    /// What the picture shows, if it is one of the texts; best first.
    public func classify(_ encoding: Encoding, as texts: [TextEmbedding]) -> [ViT.Classification] {
        texts.isEmpty
            ? [] : ViT.Classification.ranked(texts.map(\.text), logits: logits(for: texts, in: encoding))
    }
}
