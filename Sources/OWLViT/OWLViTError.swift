public import SpanielImaging
public import Tensor

/// What can be wrong with a model folder, an example, a concept file or a request.
public enum OWLViTError: Error, Sendable, Equatable {
    /// A folder that holds another kind of model.
    case modelKind(model: String, found: String)
    /// Neither an example nor a text.
    case nothingToLearn
    /// The examples name more than one class; a concept is of one.
    case severalClasses([String])
    case maskSize(expected: Size, found: Size)
    case maskEmpty
    case boxOutside(Box, Size)
    case pointOutside(Point, Size)
    /// A polygon of fewer than three corners, or outside the picture.
    case polygonOutside(Size)
    /// No patch's box has enough in common with the drawn one.
    case exampleUnseen(Box, overlap: Double, least: Double)
    /// The selection by objectness, asked of OWL-ViT, which has none.
    case noObjectness(model: String)
    case tiles(Int, most: Int)
    /// A threshold that no score can be compared with.
    case threshold(Float)
    /// Pixel values that are not one picture of the model's size.
    case pixelValues(found: Shape, expected: Shape)
    /// A kept encoding that is none of this model's.
    case encoding(expected: String, found: String)
    case conceptFile(file: String, expected: String, found: String)
    /// A concept learnt with another model.
    case conceptModel(concept: String, learntWith: String, model: String)
    /// A concept that names this model but whose vectors cannot be its.
    case conceptChannels(concept: String, found: Int, expected: Int)

    /// A stable name for programs.
    public var code: String {
        switch self {
        case .modelKind: "model.kind"
        case .nothingToLearn, .severalClasses: "example.classes"
        case .maskSize: "mask.size"
        case .maskEmpty: "mask.empty"
        case .boxOutside: "example.box"
        case .pointOutside: "example.point"
        case .polygonOutside: "example.polygon"
        case .exampleUnseen: "example.nothing"
        case .noObjectness: "example.selection"
        case .tiles: "options.tiles"
        case .threshold: "options.threshold"
        case .pixelValues: "pixel-values.shape"
        case .encoding: "encoding.format"
        case .conceptFile, .conceptChannels: "concept.format"
        case .conceptModel: "concept.model"
        }
    }
}

extension OWLViTError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .modelKind(let model, let found):
            "\(model) is a model of the kind \(found), expected owlvit or owlv2; give an OWL-ViT or OWLv2 folder"
        case .nothingToLearn:
            "neither an example nor a text: give at least one"
        case .severalClasses(let classes):
            "examples of \(classes.joined(separator: ", ")) in one concept; learn each class by itself"
        case .maskSize(let expected, let found):
            "the mask is \(found.width)×\(found.height), its picture \(expected.width)×\(expected.height) as displayed; "
                + "draw the mask on the picture itself, or scale it to \(expected.width)×\(expected.height)"
        case .maskEmpty:
            "the mask is empty; paint the object with any value above zero"
        case .boxOutside(let box, let size):
            "the box \(box.x1), \(box.y1), \(box.x2), \(box.y2) is not inside the \(size.width)×\(size.height) picture, or is empty; "
                + "give left, top, right, bottom in pixels as displayed"
        case .pointOutside(let point, let size):
            "the point \(point.x), \(point.y) is not inside the \(size.width)×\(size.height) picture"
        case .polygonOutside(let size):
            "the polygon marks nothing inside the \(size.width)×\(size.height) picture; give three corners or more, in its pixels"
        case .exampleUnseen(let box, let overlap, let least):
            "the model sees no object at the box \(box.x1), \(box.y1), \(box.x2), \(box.y2): its nearest box overlaps by "
                + "\(percent(overlap)), expected \(percent(least)); draw the object closely, or leave out --selection iou"
        case .noObjectness(let model):
            "\(model) is an OWL-ViT, which has no objectness; select by iou or published, or use an OWLv2"
        case .tiles(let count, let most):
            "\(count) tiles a side, expected 1 to \(most)"
        case .threshold(let threshold):
            "the threshold \(threshold) is not a number from 0 to 1"
        case .pixelValues(let found, let expected):
            "pixel_values is \(found), expected \(expected)"
        case .encoding(let expected, let found):
            "the encoding has \(found), expected \(expected); encode the picture again with this model"
        case .conceptFile(let file, let expected, let found):
            "\(file): expected \(expected), found \(found); make it again with spaniel learn --for detect"
        case .conceptModel(let concept, let learntWith, let model):
            "the concept '\(concept)' was learnt with \(learntWith), not with \(model); use that model, or learn it again"
        case .conceptChannels(let concept, let found, let expected):
            "the concept '\(concept)' has vectors of \(found) numbers, its model takes \(expected); learn it again"
        }
    }

    private func percent(_ part: Double) -> String { "\(Int((100 * part).rounded())) %" }
}
