public import SpanielImaging

/// What can be wrong with an example or a concept file.
public enum PerSAMError: Error, Sendable, Equatable {
    case noExamples
    /// The examples name more than one class; a concept is of one.
    case severalClasses([String])
    case maskSize(expected: Size, found: Size)
    case maskEmpty
    /// Every pixel is marked: nothing is left to tell the object from.
    case maskFull
    case boxOutside(Box, Size)
    case pointOutside(Point, Size)
    /// A polygon of fewer than three corners, or outside the picture.
    case polygonOutside(Size)
    /// SAM finds nothing at an example's point or in its box.
    case nothingThere
    /// The authors' reading of a mask leaves no cell of the grid.
    case noCell
    case conceptFile(file: String, expected: String, found: String)
    /// A concept learnt with another model.
    case conceptModel(concept: String, learntWith: String, model: String)
    /// A concept that names this model but whose vectors cannot be its.
    case conceptChannels(concept: String, found: Int, expected: Int)
    /// A concept with PerSAM-F's weights for a model that does not offer three masks.
    case conceptWeights(concept: String, masks: Int)

    /// A stable name for programs.
    public var code: String {
        switch self {
        case .noExamples, .severalClasses: "example.classes"
        case .maskSize: "mask.size"
        case .maskEmpty, .noCell: "mask.empty"
        case .maskFull: "mask.full"
        case .boxOutside: "example.box"
        case .pointOutside: "example.point"
        case .polygonOutside: "example.polygon"
        case .nothingThere: "example.nothing"
        case .conceptFile, .conceptChannels, .conceptWeights: "concept.format"
        case .conceptModel: "concept.model"
        }
    }
}

extension PerSAMError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noExamples:
            "no example: give at least one picture with the object's mask, box or point"
        case .severalClasses(let classes):
            "examples of \(classes.joined(separator: ", ")) in one concept; learn each class by itself"
        case .maskSize(let expected, let found):
            "the mask is \(found.width)×\(found.height), its picture \(expected.width)×\(expected.height) as displayed; "
                + "draw the mask on the picture itself, or scale it to \(expected.width)×\(expected.height)"
        case .maskEmpty:
            "the mask is empty; paint the object with any value above zero"
        case .maskFull:
            "the mask covers the whole picture; leave the background at zero"
        case .boxOutside(let box, let size):
            "the box \(box.x1), \(box.y1), \(box.x2), \(box.y2) is not inside the \(size.width)×\(size.height) picture, or is empty"
        case .pointOutside(let point, let size):
            "the point \(point.x), \(point.y) is not inside the \(size.width)×\(size.height) picture"
        case .polygonOutside(let size):
            "the polygon marks nothing inside the \(size.width)×\(size.height) picture; give three corners or more, in its pixels"
        case .nothingThere:
            "nothing was found at the example's point or in its box; give a mask, or another point"
        case .noCell:
            "the original code sees no object in this mask: it takes grey above 123 only, and objects of some cells of its grid; "
                + "paint the mask 255, or leave out --faithful"
        case .conceptFile(let file, let expected, let found):
            "\(file): expected \(expected), found \(found); make it again with spaniel learn"
        case .conceptModel(let concept, let learntWith, let model):
            "the concept '\(concept)' was learnt with \(learntWith), not with \(model); use that model, or learn it again"
        case .conceptChannels(let concept, let found, let expected):
            "the concept '\(concept)' has vectors of \(found) numbers, its model \(expected) channels; learn it again"
        case .conceptWeights(let concept, let masks):
            "the concept '\(concept)' mixes three masks, the model offers \(masks); learn it again without --fine-tune"
        }
    }
}
