public import SpanielPlatform
import SpanielImaging
public import Tensor

/// CLIPSeg (Lüddecke and Ecker 2022): finds the pixels that words or example pictures mean.
///
///     let clipseg = try CLIPSeg(contentsOf: Starters.clipSegNano)
///     let scene = try clipseg.encode(Picture(contentsOf: Starters.shelf))
///     let boot = try clipseg.concept("boot", clipseg.embed(["boot"]))
///     for segment in try clipseg.segment([boot], in: scene) {
///         print(segment.className, segment.box.x1, segment.box.y1, segment.area)
///     }
///     // boot 49.0 87.0 12631
///     // boot 438.0 83.0 15743
public struct CLIPSeg: Sendable {
    package let weights: Weights
    package let configuration: Configuration
    package let preprocessing: ViT.Preprocessing
    package let imageEncoder: CLIP.ImageEncoder
    package let pictureProjection: Linear
    package let texts: CLIP.Texts
    package let decoder: Decoder

    /// The number of patches along a side of the input.
    package var grid: Int { preprocessing.output.width / configuration.clip.image.patchSize }

    /// The largest number of patches along a side: four times that of the published models.
    static let largestGrid = 88

    /// The preprocessing of the published models, for a folder that does not say.
    private static let published = ViT.Preprocessing(
        .squash(Size(width: 352, height: 352)), filter: .bilinear, mean: ViT.Preprocessing.imageNetMean,
        deviation: ViT.Preprocessing.imageNetDeviation)

    /// The folder's name and the weights' SHA-256.
    ///
    /// The digest is computed when it is first asked for, about a second for each two gigabytes.
    public var identity: ModelIdentity { weights.identity }

    /// The precision in which the encoders multiply; the decoder always computes in float32.
    public var precision: Tensor.Precision { weights.precision }

    /// The precision that suits such a model on this processor.
    package static func automaticPrecision(_ configuration: Configuration) -> Tensor.Precision {
        .suiting(channels: configuration.clip.image.layers.channels)
    }

    /// Loads a model folder in the hub's layout, or a checkpoint that holds CLIP's encoders too; the
    /// tokenizer is read when the first text comes.
    /// - Parameters:
    ///   - url: a folder such as `ModelStore.locate` returns, or a checkpoint, in which nothing is executed;
    ///     its tokenizer's files must lie beside it.
    ///   - precision: the precision in which the encoders multiply; nil chooses float32 for a narrow encoder
    ///     and the processor's fastest for a wide one.
    /// - Throws: `WeightsError` or `CLIPSegError`, which names the file, the key, what was expected and what
    ///   was found.
    public init(contentsOf url: URL, precision: Tensor.Precision? = nil) throws {
        guard Weights.isFile(url) else {
            try self.init(folder: url, precision: precision)
            return
        }
        let weights = try Weights(checkpoint: url)
        guard let layout = try CLIPSegCheckpoint.layout(weights) else {
            throw WeightsError.checkpoint(
                file: weights.modelName, expected: "the names of CLIPSeg's published checkpoints",
                found: "\(weights.names.count) others, such as \(weights.names.first ?? "none")")
        }
        let configuration = try Configuration(layout.configurationReader())
        try self.init(
            layout.weights, configuration: configuration,
            preprocessing: ViT.Preprocessing(layout.preprocessorReader(), default: Self.published),
            tokenizerFolder: url.deletingLastPathComponent(),
            precision: precision ?? Self.automaticPrecision(configuration))
    }

    private init(folder: URL, precision: Tensor.Precision?) throws {
        let configuration = try Configuration(contentsOf: folder)
        let preprocessing = try ViT.Preprocessing(contentsOf: folder, default: Self.published)
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
        let (clip, output) = (configuration.clip, preprocessing.output)
        let patch = clip.image.patchSize
        guard output.width == output.height, output.width % patch == 0,
            output.width / patch <= Self.largestGrid
        else {
            throw CLIPSegError.inputSize(model: weights.modelName, found: output, patch: patch)
        }
        self.weights = weights.computing(
            in: precision, floating: Self.automaticPrecision(configuration))
        self.configuration = configuration
        self.preprocessing = preprocessing
        let root = self.weights["clip"]
        imageEncoder = try CLIP.ImageEncoder(root["vision_model"], clip.image, grid: output.width / patch)
        pictureProjection = try Linear(
            root["visual_projection"].floating, in: clip.image.layers.channels, out: clip.projection,
            bias: false)
        texts = try CLIP.Texts(root.floating, clip, tokenizerFolder: tokenizerFolder, isNormalized: false)
        decoder = try Decoder(weights["decoder"], configuration)
        try weights.requireAllRead(ignoring: ["*.position_ids", "*logit_scale"])
    }

    /// The number of prompts that go through the decoder together; it changes no result.
    private static let batch = 4

    /// Runs the decoder for several prompts on one picture.
    /// - Returns: logits in the model's square frame, which covers the whole picture, [P, S, S].
    /// - Throws: `CLIPSegError` for no prompt, or for one of another model; `CancellationError`.
    public func logits(for prompts: [Conditional], in encoding: Encoding) throws -> Tensor {
        let channels = configuration.clip.projection
        guard !prompts.isEmpty else { throw CLIPSegError.nothingAsked }
        for prompt in prompts where prompt.embedding.shape != [channels] {
            throw CLIPSegError.conditional(found: prompt.embedding.count, expected: channels)
        }
        let shape: Tensor.Shape = [configuration.taps.count, 1 + grid * grid, configuration.channels]
        precondition(
            encoding.reduced.shape == shape,
            "an encoding \(encoding.reduced.shape) of another model, expected \(shape)")
        let parts = try stride(from: 0, to: prompts.count, by: Self.batch).map { start in
            try Task.checkCancellation()
            let some = prompts[start..<min(start + Self.batch, prompts.count)]
            return decoder(encoding.reduced, Tensor.stack(some.map(\.embedding)))
        }
        return Tensor.concatenated(parts, axis: 0)
    }
}
