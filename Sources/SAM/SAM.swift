public import SpanielPlatform
public import SpanielImaging
public import Tensor

/// Segment Anything (Kirillov et al. 2023, arXiv:2304.02643) segments what a point, a box or a rough mask
/// marks.
///
/// Encode a picture once, which is the slow part; then each prompt takes milliseconds.
///
///     let sam = try SAM(contentsOf: Starters.samNano)
///     let scene = try sam.encode(Picture(contentsOf: Starters.boot))
///     let answer = try sam.masks(for: .init(point: Point(x: 320, y: 240)), in: scene).best
///     print(answer.score, answer.mask().box!)
///     // 0.84… Box(x1: 199.0, y1: 146.0, x2: 450.0, y2: 359.0)
public struct SAM: Sendable {
    package let configuration: Configuration
    package let weights: Weights
    package let preprocessing: Preprocessing
    package let imageEncoder: any ImageEncoder
    /// What SAM 2 adds to an embedding because it remembers no earlier frame, [C]; nil for SAM.
    package let noMemory: Tensor?
    package let promptEncoder: PromptEncoder
    package let decoder: MaskDecoder
    /// The decoder with the epsilon of the authors' code, for PerSAM's `faithful`.
    let originalDecoder: MaskDecoder

    /// The folder's name and the weights' SHA-256.
    ///
    /// The first access computes the checksum, which takes about a second for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// The precision in which the image encoder computes.
    public var precision: Tensor.Precision { weights.precision }

    /// The precision that `init(contentsOf:precision:)` takes by default, for such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        configuration.imageEncoder.suitingPrecision
    }

    /// Loads a model folder in the hub's layout: `config.json`, `model.safetensors` (or shards) and, if there
    /// is one, `preprocessor_config.json`; or a checkpoint of the authors, such as `sam_vit_b_01ec64.pth`, in
    /// which nothing is executed.
    ///
    ///     let sam = try SAM(contentsOf: URL(filePath: "models/sam-vit-base"))
    ///     print(sam.imageSize) // 1024
    ///
    /// - Parameters:
    ///   - url: the model's folder or checkpoint: SAM base, large, huge or of other sizes, MobileSAM, or SAM 2
    ///     and 2.1 (tiny, small, base-plus, large), of which the part for pictures is loaded.
    ///   - precision: the precision of the image encoder; nil takes float32 for a narrow encoder such as
    ///     `sam-nano`'s, else the fastest that the processor has, and never int8.
    /// - Throws: `WeightsError` naming the file, the key, what was expected and what was found;
    ///   `SAMError.positionalMatrices`.
    public init(contentsOf url: URL, precision: Tensor.Precision? = nil) throws {
        if Weights.isFile(url) {
            try self.init(checkpoint: Weights(checkpoint: url), precision: precision)
        } else {
            try self.init(folder: url, precision: precision)
        }
    }

    private init(folder: URL, precision: Tensor.Precision?) throws {
        let configuration = try Configuration(contentsOf: folder)
        let preprocessing = try Preprocessing(
            contentsOf: folder, side: configuration.imageEncoder.imageSize,
            isStretched: configuration.imageEncoder.stretchesPictures)
        try self.init(
            Weights(contentsOf: folder), configuration: configuration, preprocessing: preprocessing,
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Translates the names of a checkpoint and reads them.
    private init(checkpoint: Weights, precision: Tensor.Precision?) throws {
        guard let layout = try SAMCheckpoint.layout(checkpoint) else {
            throw WeightsError.checkpoint(
                file: checkpoint.modelName, expected: "the names of SAM's published checkpoints",
                found: "\(checkpoint.names.count) others, such as \(checkpoint.names.first ?? "none")")
        }
        let configuration = try Configuration(layout.configurationReader())
        try self.init(
            layout.weights, configuration: configuration,
            preprocessing: Preprocessing(
                layout.preprocessorReader(), side: configuration.imageEncoder.imageSize,
                isStretched: configuration.imageEncoder.stretchesPictures),
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    /// Reads its weights from a cursor; a key that nothing reads is an error.
    package init(
        _ weights: Weights, configuration: Configuration, preprocessing: Preprocessing,
        precision: Tensor.Precision = .float32
    ) throws {
        self.weights = weights.computing(
            in: precision, floating: Self.automaticPrecision(configuration))
        self.configuration = configuration
        self.preprocessing = preprocessing
        let grid = configuration.imageEncoder.grid
        let positions = try PositionalEncoding(
            matrix: Self.positionalMatrix(weights, features: configuration.imageEncoder.positionFeatures))
        imageEncoder = try configuration.imageEncoder.load(self.weights)
        let channels = configuration.imageEncoder.outputChannels
        let isSecond = configuration.maskDecoder.second != nil
        noMemory =
            try isSecond
            ? weights.tensor("no_memory_embedding", [1, 1, channels]).reshaped([channels]) : nil
        promptEncoder = try PromptEncoder(
            weights["prompt_encoder"], configuration.promptEncoder, positions: positions)
        let cells = positions.grid(height: grid, width: grid)
        decoder = try MaskDecoder(
            weights["mask_decoder"], configuration.maskDecoder,
            positions: cells.reshaped([1, grid * grid, cells.shape[2]]))
        originalDecoder = decoder.original
        try weights.requireAllRead(ignoring: isSecond ? Configuration.SecondGeneration.videoKeys : [])
    }

    /// Reads the positional matrix, which published files hold once or twice, under either name.
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

    /// The side of the model's square input, in pixels; a picture is scaled to fit.
    public var imageSize: Int { configuration.imageEncoder.imageSize }

    /// The shape of low-resolution logits and of mask prompts, [4h, 4w] for an embedding of h × w cells.
    public var maskShape: Tensor.Shape {
        [4 * configuration.imageEncoder.grid, 4 * configuration.imageEncoder.grid]
    }

    /// Encodes a picture, which is the slow part: do it once, then ask for any number of masks.
    ///
    ///     let scene = try sam.encode(Picture(contentsOf: Starters.boot))
    ///     print(scene.frame.original) // Size(width: 640, height: 480)
    ///
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        let (pixels, frame) = preprocessing(picture)
        return try encode(pixels: pixels, frame: frame)
    }

    /// Encodes preprocessed pixels.
    /// - Parameter pixels: [1, S, S, 3], normalised.
    package func encode(pixels: Tensor, frame: Frame) throws -> Encoding {
        try encoding(of: imageEncoder(pixels), frame: frame)
    }

    /// Makes an encoding from features that this model computed earlier.
    package func encoding(of features: ImageFeatures, frame: Frame) -> Encoding {
        let embedding = features.embedding[leading: 0]
        return Encoding(
            embedding: embedding, fineLevels: features.fineLevels, frame: frame,
            picture: decoder.prepared(cells(of: embedding) + promptEncoder.noMask))
    }

    /// Returns an embedding as the decoder reads it, [1, hw, C].
    package func cells(of embedding: Tensor) -> Tensor {
        let cells = embedding.reshaped([1, embedding.shape[0] * embedding.shape[1], embedding.shape[2]])
        return noMemory.map { cells + $0 } ?? cells
    }

    /// Segments what a prompt marks.
    ///
    ///     let prompt = SAM.Prompt(box: Box(x1: 436, y1: 81, x2: 612, y2: 221))
    ///     let answer = try sam.masks(for: prompt, in: shelf, multimask: false).best
    ///     print(answer.mask().area) // 15447
    ///
    /// - Parameters:
    ///   - prompt: points, a box, a mask of an earlier answer, or several of them.
    ///   - encoding: the picture's, from `encode(_:)`.
    ///   - multimask: true gives three alternatives, typically a part, the whole and something between; use
    ///     it for a single point, which leaves open how much is meant. false gives one answer; use it for a
    ///     box or several points.
    /// - Returns: the predictions in the model's order; `best` is the one with the highest score.
    /// - Throws: `SAMError` if the prompt is empty or lies outside the picture; one that overlaps it is cut.
    public func masks(for prompt: Prompt, in encoding: Encoding, multimask: Bool = true) throws(SAMError)
        -> [Prediction]
    {
        let prompt = try prompt.checked(in: encoding.frame.original, maskShape: maskShape)
        return predictions(for: [prompt], in: encoding, multimask: multimask)[0]
    }

    /// Returns the predictions of several prompts, which are not checked.
    func predictions(for prompts: [Prompt], in encoding: Encoding, multimask: Bool) -> [[Prediction]] {
        let (logits, scores, presence) = decode(prompts: prompts, in: encoding, multimask: multimask)
        let probabilities = presence?.map(sigmoid)
        return prompts.indices.map { p in
            (0..<scores.shape[1]).map { i in
                Prediction(
                    score: scores[p, i], presence: probabilities?[p],
                    logits: logits[leading: p][leading: i], frame: encoding.frame)
            }
        }
    }

    /// Decodes several prompts without checking them.
    /// - Parameters:
    ///   - guidance: PerSAM's guidance, the same for every prompt.
    ///   - faithful: whether to use the epsilon of the authors' code instead of the configuration's.
    /// - Returns: logits [P, M, 4h, 4w] and scores [P, M], M being 1 or the number of alternatives; for SAM 2
    ///   the logits of the presence, [P].
    package func decode(
        prompts: [Prompt], in encoding: Encoding, multimask: Bool, guidance: MaskDecoder.Guidance? = nil,
        faithful: Bool = false
    ) -> (logits: Tensor, scores: Tensor, presence: Tensor?) {
        let decoder = faithful ? originalDecoder : decoder
        let masks = multimask ? 1..<configuration.maskDecoder.masks + 1 : 0..<1
        let answers = prompts.map { prompt in
            decoder(
                promptEncoder.tokens(prompt, in: encoding.frame), picture(encoding, prompt),
                fineLevels: encoding.fineLevels, side: configuration.imageEncoder.grid,
                masks: masks, guidance: guidance)
        }
        let shape = Tensor.Shape([prompts.count, masks.count] + maskShape.extents)
        let presence = answers.compactMap(\.presence)
        return (
            Tensor.stack(answers.map(\.logits)).reshaped(shape), Tensor.stack(answers.map(\.scores)),
            presence.isEmpty ? nil : Tensor(presence, [presence.count])
        )
    }

    private func picture(_ encoding: Encoding, _ prompt: Prompt) -> PictureTokens {
        guard let mask = prompt.mask else { return encoding.picture }
        let map = promptEncoder.mask(mask)
        let cells = cells(of: encoding.embedding)
        return PictureTokens(tokens: cells + map.reshaped(cells.shape), positions: decoder.positions)
    }
}

extension SAM {
    /// An encoded picture, from which every prompt is answered.
    ///
    /// For SAM base, large and huge it holds 17 MB: the embedding, 64 × 64 × 256 floats, and 12 MB that the
    /// decoder computes once for all prompts. SAM 2 adds 12 MB of finer levels.
    public struct Encoding: Sendable {
        /// The picture's embedding, [h, w, C]; the cells cover the model's square input. SAM 2's is that
        /// before "no memory" is added.
        public let embedding: Tensor
        /// The finer levels of `ImageFeatures`, none for SAM base, large and huge.
        package let fineLevels: [Tensor]
        /// The place of the picture in the model's square input.
        public let frame: Frame
        /// The picture's tokens with the keys and values of the decoder's first layer.
        let picture: PictureTokens
    }
}
