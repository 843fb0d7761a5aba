public import CLIP
public import SpanielImaging
import Tensor

/// Whether what was found is what words say it is. SAM knows no categories; CLIP does.
///
///     let check = try SemanticCheck(clip, texts: ["mug": ["a mug"]])
///     if let score = try check.score("mug", box: object.box, in: picture), score >= check.threshold { … }
///
/// A crop of the object is compared with the class's texts, the other classes', and neutral alternatives.
/// With b the best of the class's logits and a the best of all others, the score is σ(b - a): 0.5 where the
/// words fit no better than something neutral.
public struct SemanticCheck: Sendable {
    public let clip: CLIP
    /// The score from which an object is what the words say, 0…1.
    public var threshold: Float
    /// What is shown around an object, on each side, as a share of its longer side.
    public var margin = 0.15
    private let texts: [String: [CLIP.TextEmbedding]]
    private let alternatives: [CLIP.TextEmbedding]

    /// What anything may be called when it is nothing in particular.
    public static let neutral = [
        "an object", "a thing", "something", "a part of something", "a background", "a surface", "a texture",
    ]

    /// - Parameters:
    ///   - texts: for each class, what it is called.
    ///   - alternatives: what everything may be called.
    ///   - templates: what is said round a text, `{}` standing for it.
    /// - Throws: `CLIPError` for a text that says nothing.
    public init(
        _ clip: CLIP, texts: [String: [String]], alternatives: [String] = Self.neutral,
        templates: [String] = ["a photo of {}."],
        threshold: Float = 0.5
    ) throws {
        self.clip = clip
        self.threshold = threshold
        self.texts = try texts.mapValues { try clip.embed($0, templates: templates) }
        self.alternatives = try clip.embed(alternatives, templates: templates)
    }

    /// The texts of which the end did not reach the model.
    public var cutTexts: [String] { texts.values.joined().filter(\.wasCut).map(\.text).sorted() }

    /// How well the words fit what is in a box of a picture, 0…1; nil for a class without words.
    public func score(_ className: String, box: Box, in picture: Picture) throws -> Float? {
        guard let own = texts[className], !own.isEmpty else { return nil }
        let others = texts.filter { $0.key != className }.values.flatMap(\.self) + alternatives
        let encoding = try clip.encode(picture.square(around: box, margin: margin))
        let logits = clip.logits(for: own + others, in: encoding).array
        let (best, rival) = (logits[..<own.count].max() ?? 0, logits[own.count...].max() ?? -.infinity)
        return Tensor([best - rival], [1]).sigmoid()[0]
    }
}
