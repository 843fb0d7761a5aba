public import SpanielFiles

/// Why a concept cannot be used.
public enum ConceptError: SpanielError, Equatable {
    /// A file holds no concept of the expected kind, or a damaged one.
    case file(file: String, expected: String, found: String)
    /// A concept was learnt with another model.
    case model(concept: String, learntWith: ModelIdentity, model: ModelIdentity)
    /// A concept names this model, but its vectors have another number of channels.
    case channels(concept: String, found: Int, expected: Int)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .file, .channels: "concept.format"
        case .model: "concept.model"
        }
    }

    /// A text that names the concept, what was expected and what was found.
    public var description: String {
        switch self {
        case .file(let file, let expected, let found):
            "\(file): expected \(expected), found \(found); learn it again"
        case .model(let concept, let learntWith, let model):
            "the concept '\(concept)' was learnt with \(learntWith), not with \(model); use that model, or "
                + "learn it again"
        case .channels(let concept, let found, let expected):
            "the concept '\(concept)' has vectors of \(found) numbers, its model \(expected) channels; "
                + "learn it again"
        }
    }

    /// Checks that a concept was learnt with the given model.
    /// - Throws: `ConceptError.model` if it was not.
    package static func check(
        _ concept: String, learntWith: ModelIdentity, model: ModelIdentity
    ) throws(ConceptError) {
        guard learntWith.sha256 == model.sha256 else {
            throw .model(concept: concept, learntWith: learntWith, model: model)
        }
    }
}
