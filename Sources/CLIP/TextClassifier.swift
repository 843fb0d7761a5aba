public import ViT

/// Classes that words name, for whole pictures: CLIP's zero-shot classification (Radford et al. 2021, section
/// 3.1).
///
///     let classifier = try TextClassifier(
///         clip, classes: [("cat", ["a cat", "a kitten"]), ("dog", ["a dog"])])
///     for answer in classifier.classify(try clip.encode(picture)) { print(answer.className, answer.score) }
///     // two lines, the more probable class first, such as "cat 0.98" and "dog 0.02"
///
/// Several texts or templates of one class become one direction: the mean of theirs.
public struct TextClassifier: Sendable {
    /// The model whose encodings are classified.
    public let clip: CLIP
    /// The texts that were longer than the model takes, so that their ends were left out.
    public let cutTexts: [String]
    /// The directions of the classes, in their order.
    private let directions: [CLIP.TextEmbedding]

    /// Embeds the texts of all classes.
    /// - Parameters:
    ///   - clip: the model whose encodings are classified.
    ///   - classes: the classes, each with at least one text.
    ///   - templates: sentences in which `{}` stands for the text; none means the text alone.
    /// - Throws: `CLIPError` for a class without a text, a text without a known word, or a template without
    ///   `{}`; `CancellationError`.
    public init(_ clip: CLIP, classes: [(name: String, texts: [String])], templates: [String] = []) throws {
        if classes.contains(where: \.texts.isEmpty) { throw CLIPError.textEmpty }
        let parts = try classes.map {
            try clip.embed($0.texts, templates: templates.isEmpty ? ["{}"] : templates)
        }
        self.clip = clip
        cutTexts = parts.joined().filter(\.wasCut).map(\.text)
        directions = zip(classes, parts).map { .mean($1, text: $0.name) }
    }

    /// The names of the classes, in the order given.
    public var classes: [String] { directions.map(\.text) }

    /// Ranks the classes, the most probable first; the probabilities add up to 1.
    public func classify(_ encoding: CLIP.Encoding) -> [ViT.Classification] {
        clip.classify(encoding, as: directions)
    }
}
