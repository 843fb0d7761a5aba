public import SpanielFiles

/// Why a concept cannot be used.
public enum ConceptError: SpanielError, Equatable {
    /// A file that is no concept of the wanted kind, or a damaged one.
    case file(file: String, expected: String, found: String)
    /// A concept learnt with another model.
    case model(concept: String, learntWith: ModelIdentity, model: ModelIdentity)
    /// A concept that names this model but whose vectors cannot be its.
    case channels(concept: String, found: Int, expected: Int)

    public var code: String {
        switch self {
        case .file, .channels: "concept.format"
        case .model: "concept.model"
        }
    }

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

    /// Throws unless a concept was learnt with the given model.
    package static func check(
        _ concept: String, learntWith: ModelIdentity, model: ModelIdentity
    ) throws(ConceptError) {
        guard learntWith.sha256 == model.sha256 else {
            throw .model(concept: concept, learntWith: learntWith, model: model)
        }
    }
}
