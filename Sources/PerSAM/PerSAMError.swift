public import SpanielImaging
public import Tensor

/// Why PerSAM cannot use an example or a concept.
///
/// `ExampleError` and `ConceptError` hold the reasons that PerSAM shares with the other models.
public enum PerSAMError: SpanielError, Equatable {
    /// SAM finds nothing at an example's point or in its box, or it finds the whole picture.
    case nothingThere
    /// The authors' code, which `PerSAM.LearnOptions.faithful` follows, sees no object in a mask.
    case noCell
    /// The authors' arithmetic was asked for, and the model is a SAM 2, which their code does not know.
    case originalModel(model: String)
    /// A concept has PerSAM-F's weights for three masks, and the model offers another number of them.
    case conceptWeights(concept: String, masks: Int)
    /// The authors' arithmetic was asked for together with another model's features.
    case originalFeatures(features: String)
    /// A concept was learnt with other features than those that are compared; nil: SAM's own.
    case conceptFeatures(
        concept: String, learntWith: FeatureIdentity?, features: FeatureIdentity?)
    /// A picture was encoded without the features that are compared.
    case featuresMissing(features: String)

    /// The number of tiles along a side is not from 1 to the most.
    case tiles(Int, most: Int)

    /// A stable name for programs, such as `example.nothing`.
    public var code: String {
        switch self {
        case .noCell: "mask.empty"
        case .nothingThere: "example.nothing"
        case .originalModel, .originalFeatures: "model.original"
        case .conceptFeatures: "concept.features"
        case .featuresMissing: "encoding.features"
        case .conceptWeights: "concept.format"
        case .tiles: "options.tiles"
        }
    }
}

extension PerSAMError {
    /// A sentence that says what is wrong and how to mend it.
    public var description: String {
        switch self {
        case .nothingThere:
            "nothing was found at the example's point or in its box; give a mask, or another point"
        case .noCell:
            "the original code sees no object in this mask: it takes grey above 123 only, and objects of "
                + "some cells of its grid; paint the mask 255, or do without the original arithmetic"
        case .originalModel(let model):
            "\(model) is a SAM 2, and the original arithmetic is the first SAM's; use such a model, or do "
                + "without it"
        case .originalFeatures(let features):
            "the original arithmetic knows SAM's own features, not those of \(features); do without one of them"
        case .conceptFeatures(let concept, let learntWith, let features):
            "the concept '\(concept)' was learnt with \(Self.name(learntWith)), not with "
                + "\(Self.name(features)); use those, or learn it again"
        case .featuresMissing(let features):
            "the picture was encoded without the features of \(features); encode it with PerSAM.encode"
        case .conceptWeights(let concept, let masks):
            "the concept '\(concept)' mixes three masks, the model offers \(masks); learn it again without "
                + "fine tuning"
        case .tiles(let count, let most):
            "\(count) tiles a side, expected 1 to \(most)"
        }
    }

    private static func name(_ features: FeatureIdentity?) -> String {
        features.map { "the features of \($0)" } ?? "SAM's own features"
    }
}
