public import CLIP
public import SpanielImaging
import Tensor

/// Checks by CLIP whether found objects are what texts say they are; SAM itself knows no categories.
///
/// Use it where an example finds objects that look alike but are something else.
///
///     let check = try SemanticCheck(clip, texts: ["mug": ["a mug"]])
///     let checked = try check.check(persam.find(mug, in: scene), in: picture)
///     for object in checked.accepted { print(object.object.box, object.textScore ?? 1) }
///
/// A crop of the object is compared with the texts of its class, those of the other classes, and neutral
/// alternatives. With b the best of the class's logits and a the best of all others, the score is σ(b - a),
/// which is 0.5 where the class's texts fit no better than the best alternative.
public struct SemanticCheck: Sendable {
    /// The model that compares crops with texts.
    public let clip: CLIP
    /// The score from which an object is accepted, 0…1; 0.5 by default.
    public var threshold: Float
    /// The margin around an object's box on each side, as a share of its longer side; 0.15 by default.
    public var margin = 0.15
    private let texts: [String: [CLIP.TextEmbedding]]
    private let alternatives: [CLIP.TextEmbedding]

    /// The default alternatives, which fit any object: "an object", "a background" and the like.
    public static let neutral = [
        "an object", "a thing", "something", "a part of something", "a background", "a surface", "a texture",
    ]

    /// Embeds the texts, which is slow; do it once for any number of pictures.
    /// - Parameters:
    ///   - clip: the model that compares crops with texts.
    ///   - texts: for each class, the texts that describe it.
    ///   - alternatives: texts that describe any object.
    ///   - templates: the sentences around a text, which `{}` stands for; the mean of several is used.
    ///   - threshold: the score from which an object is accepted, 0…1.
    /// - Throws: `CLIPError` for a text that is empty or has unknown characters only, or a template without
    ///   `{}`; `CancellationError`.
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

    /// The texts that were longer than the model takes, in alphabetical order; their ends were left out.
    public var cutTexts: [String] { texts.values.joined().filter(\.wasCut).map(\.text).sorted() }

    /// Scores the content of a box against the texts of a class.
    /// - Parameters:
    ///   - className: the class, a key of the texts given to `init`.
    ///   - box: x1, y1, x2, y2 in pixels of the displayed picture.
    ///   - picture: the picture that the box is in.
    /// - Returns: the score, 0…1; nil for a class without texts.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func score(_ className: String, box: Box, in picture: Picture) throws -> Float? {
        guard let own = texts[className], !own.isEmpty else { return nil }
        let others = texts.filter { $0.key != className }.values.flatMap(\.self) + alternatives
        let encoding = try clip.encode(picture.square(around: box, margin: margin))
        let logits = clip.logits(for: own + others, in: encoding).array
        let (best, rival) = (logits[..<own.count].max() ?? 0, logits[own.count...].max() ?? -.infinity)
        return Tensor([best - rival], [1]).sigmoid()[0]
    }
}
