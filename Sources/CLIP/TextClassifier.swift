public import ViT

/// Classes that are named by words, for whole pictures: CLIP's zero-shot classification (Radford et al. 2021,
/// section 3.1).
///
///     let classifier = try TextClassifier(clip, classes: [("cat", ["a cat", "a kitten"]), ("dog", ["a dog"])])
///     for answer in classifier.classify(try clip.encode(picture)) { print(answer.className, answer.score) }
///
/// Several texts of a class, like several templates, become one direction: the mean of theirs.
public struct TextClassifier: Sendable {
    public let clip: CLIP
    /// The texts of which the end did not reach the model.
    public let cutTexts: [String]
    /// One for each class.
    private let directions: [CLIP.TextEmbedding]

    /// - Parameters:
    ///   - classes: each with its texts, at least one.
    ///   - templates: what is said round each text, `{}` standing for it; none: the text alone.
    /// - Throws: `CLIPError` for a class without a text, a text that says nothing, or a template without a
    ///   place.
    public init(_ clip: CLIP, classes: [(name: String, texts: [String])], templates: [String] = []) throws {
        if classes.contains(where: \.texts.isEmpty) { throw CLIPError.textEmpty }
        let parts = try classes.map {
            try clip.embed($0.texts, templates: templates.isEmpty ? ["{}"] : templates)
        }
        self.clip = clip
        cutTexts = parts.joined().filter(\.wasCut).map(\.text)
        directions = zip(classes, parts).map { .mean($1, text: $0.name) }
    }

    public var classes: [String] { directions.map(\.text) }

    /// How probable each class is, best first; all add up to 1.
    public func classify(_ encoding: CLIP.Encoding) -> [ViT.Classification] {
        clip.classify(encoding, as: directions)
    }
}
