public import SpanielPlatform
public import SpanielImaging
public import Tensor

/// Segment Anything (Kirillov et al. 2023): a picture is encoded once, then any number of prompts are
/// answered with masks.
///
///     let sam = try SAM(contentsOf: folder)
///     let scene = try sam.encode(picture)
///     let mask = try sam.masks(for: .init(point: Point(x: 120, y: 80)), in: scene).best.mask()
public struct SAM: Sendable {
    package let configuration: Configuration
    package let weights: Weights
    package let preprocessing: Preprocessing
    package let imageEncoder: ImageEncoder
    package let promptEncoder: PromptEncoder
    package let decoder: MaskDecoder
    /// The decoder with the original code's epsilon, for PerSAM's `faithful`.
    let originalDecoder: MaskDecoder

    /// The folder's name and the weights' SHA-256, which is computed when first asked for: about a second
    /// for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// How the image encoder computes.
    public var precision: Tensor.Precision { weights.precision }

    /// What suits such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.imageEncoder.channels)
    }

    /// Loads a model folder in the hub's layout.
    /// - Parameter precision: how the image encoder computes; nil: float32 for a narrow encoder, else the
    ///   processor's fastest.
    /// - Throws: `WeightsError` or `SAMError` naming the file, the key, what was expected and what was found.
    public init(contentsOf folder: URL, precision: Tensor.Precision? = nil) throws {
        let configuration = try Configuration(contentsOf: folder)
        let preprocessing = try Preprocessing(contentsOf: folder, side: configuration.imageEncoder.imageSize)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Takes its weights from a cursor; every key must be read.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: Preprocessing,
        precision: Tensor.Precision = .float32
    ) throws {
        self.weights = weights.computing(in: precision)
        self.configuration = configuration
        self.preprocessing = preprocessing
        let grid = configuration.imageEncoder.grid
        let positions = try PositionalEncoding(
            matrix: Self.positionalMatrix(weights, features: configuration.imageEncoder.positionFeatures))
        imageEncoder = try ImageEncoder(
            weights["vision_encoder"].computing(in: precision), configuration.imageEncoder)
        promptEncoder = try PromptEncoder(
            weights["prompt_encoder"], configuration.promptEncoder, positions: positions)
        let cells = positions.grid(height: grid, width: grid)
        decoder = try MaskDecoder(
            weights["mask_decoder"], configuration.maskDecoder,
            positions: cells.reshaped([1, grid * grid, cells.shape[2]]))
        originalDecoder = decoder.original
        try weights.requireAllRead()
    }

    /// Published files hold the matrix once or twice, under either name.
    private static func positionalMatrix(_ weights: Weights, features: Int) throws -> Tensor {
        let places = [weights["shared_image_embedding"], weights["prompt_encoder"]["shared_embedding"]]
        let matrices = try places.filter { $0.contains("positional_embedding") }.map {
            try $0.tensor("positional_embedding", [2, features])
        }
        guard let first = matrices.first else {
            return try places[0].tensor("positional_embedding", [2, features])
        }
        guard matrices.allSatisfy({ $0.array == first.array }) else {
            throw SAMError.positionalMatrices(model: weights.modelName)
        }
        return first
    }

    /// The side of the square input that a picture is scaled to, in pixels.
    public var imageSize: Int { configuration.imageEncoder.imageSize }

    /// The shape of low-resolution logits and of mask prompts, [4h, 4w].
    public var maskShape: Tensor.Shape {
        [4 * configuration.imageEncoder.grid, 4 * configuration.imageEncoder.grid]
    }

    /// Encodes a picture: the slow part, done once.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        let (pixels, frame) = preprocessing(picture)
        return try encode(pixels: pixels, frame: frame)
    }

    /// - Parameter pixels: [1, S, S, 3], normalised.
    package func encode(pixels: Tensor, frame: Frame) throws -> Encoding {
        let embedding = try imageEncoder(pixels)
        return encoding(of: embedding[leading: 0], frame: frame)
    }

    /// An encoding from an embedding that was kept.
    /// - Parameter embedding: [h, w, C], of this model.
    package func encoding(of embedding: Tensor, frame: Frame) -> Encoding {
        let cells = embedding.reshaped([1, embedding.shape[0] * embedding.shape[1], embedding.shape[2]])
        return Encoding(
            embedding: embedding, frame: frame, picture: decoder.prepared(cells + promptEncoder.noMask))
    }

    /// What a prompt segments.
    /// - Parameter multimask: three alternatives (part, whole, and between) rather than one answer; better
    ///   for a single point.
    /// - Returns: in the model's order; `.best` is the one with the best score.
    /// - Throws: `SAMError` when the prompt is empty or lies outside the picture; what overlaps it is cut.
    public func masks(for prompt: Prompt, in encoding: Encoding, multimask: Bool = true) throws(SAMError)
        -> [Prediction]
    {
        let prompt = try prompt.checked(in: encoding.frame.original, maskShape: maskShape)
        let (logits, scores) = decode(prompts: [prompt], in: encoding, multimask: multimask)
        return zip(scores.array, 0...).map { score, i in
            Prediction(score: score, logits: logits[leading: 0][leading: i], frame: encoding.frame)
        }
    }

    /// The decoder's answers to several prompts, unchecked.
    /// - Parameters:
    ///   - guidance: PerSAM's, for every prompt.
    ///   - faithful: the original code's epsilon rather than the configuration's.
    /// - Returns: logits [P, M, 4h, 4w] and scores [P, M], M being 1 or the model's alternatives.
    package func decode(
        prompts: [Prompt], in encoding: Encoding, multimask: Bool, guidance: MaskDecoder.Guidance? = nil,
        faithful: Bool = false
    ) -> (logits: Tensor, scores: Tensor) {
        let decoder = faithful ? originalDecoder : decoder
        let masks = multimask ? 1..<configuration.maskDecoder.masks + 1 : 0..<1
        let answers = prompts.map { prompt in
            decoder(
                promptEncoder.tokens(prompt, in: encoding.frame), picture(encoding, prompt),
                side: configuration.imageEncoder.grid,
                masks: masks, guidance: guidance)
        }
        let shape = Tensor.Shape([prompts.count, masks.count] + maskShape.extents)
        return (Tensor.stack(answers.map(\.logits)).reshaped(shape), Tensor.stack(answers.map(\.scores)))
    }

    private func picture(_ encoding: Encoding, _ prompt: Prompt) -> PictureTokens {
        guard let mask = prompt.mask else { return encoding.picture }
        let map = promptEncoder.mask(mask)
        let cells = encoding.embedding.reshaped([1, map.count / map.shape[3], map.shape[3]])
        return PictureTokens(tokens: cells + map.reshaped(cells.shape), positions: decoder.positions)
    }
}

extension SAM {
    /// A picture as the model knows it: what every prompt is answered from.
    public struct Encoding: Sendable {
        /// [h, w, C]
        public let embedding: Tensor
        /// How the picture lies in the model's square input.
        public let frame: Frame
        let picture: PictureTokens
    }
}
