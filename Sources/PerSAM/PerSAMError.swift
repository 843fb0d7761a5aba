public import SpanielImaging

/// What can be wrong with an example or a concept for PerSAM alone; see `ExampleError` and `ConceptError`.
public enum PerSAMError: SpanielError, Equatable {
    /// SAM finds nothing at an example's point or in its box.
    case nothingThere
    /// The authors' reading of a mask leaves no cell of the grid.
    case noCell
    /// A concept with PerSAM-F's weights for a model that does not offer three masks.
    case conceptWeights(concept: String, masks: Int)

    /// A stable name for programs.
    public var code: String {
        switch self {
        case .noCell: "mask.empty"
        case .nothingThere: "example.nothing"
        case .conceptWeights: "concept.format"
        }
    }
}

extension PerSAMError {
    public var description: String {
        switch self {
        case .nothingThere:
            "nothing was found at the example's point or in its box; give a mask, or another point"
        case .noCell:
            "the original code sees no object in this mask: it takes grey above 123 only, and objects of some cells of its grid; "
                + "paint the mask 255, or do without the original arithmetic"
        case .conceptWeights(let concept, let masks):
            "the concept '\(concept)' mixes three masks, the model offers \(masks); learn it again without fine tuning"
        }
    }
}
