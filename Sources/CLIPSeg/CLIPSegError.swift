public import SpanielImaging
public import Tensor

/// What can be wrong with a prompt, an example or a concept file.
public enum CLIPSegError: Error, Sendable, Equatable {
    /// Neither a text nor an example.
    case nothingAsked
    /// A vector of another model.
    case conditional(found: Int, expected: Int)
    /// A weight between text and example that is not from 0 to 1.
    case mix(Double)
    case threshold(Double)
    case noExamples
    /// The examples name more than one class; a concept is of one.
    case severalClasses([String])
    case maskSize(expected: Size, found: Size)
    case maskEmpty
    case boxOutside(Box, Size)
    case polygonOutside(Size)
    /// A point says too little of an example.
    case pointExample
    /// The picture that edges are taken from is not the encoded one.
    case otherPicture(expected: Size, found: Size)
    /// The preprocessor's size does not suit the model.
    case inputSize(model: String, found: Size, patch: Int)
    /// Pixel values that are not one picture of the model's size.
    case pixelValues(found: Shape, expected: Shape)
    /// A kept encoding of another model.
    case encoding(found: Shape?, expected: Shape)
    case conceptFile(file: String, expected: String, found: String)
    /// A concept learnt with another model.
    case conceptModel(concept: String, learntWith: String, model: String)

    /// A stable name for programs.
    public var code: String {
        switch self {
        case .nothingAsked: "prompt.empty"
        case .conditional: "prompt.vector"
        case .mix: "prompt.mix"
        case .threshold: "prompt.threshold"
        case .noExamples, .severalClasses: "example.classes"
        case .maskSize: "mask.size"
        case .maskEmpty: "mask.empty"
        case .boxOutside: "example.box"
        case .polygonOutside: "example.polygon"
        case .pointExample: "example.point"
        case .otherPicture: "picture.size"
        case .inputSize: "config.value"
        case .pixelValues: "pixel-values.shape"
        case .encoding: "encoding.shape"
        case .conceptFile: "concept.format"
        case .conceptModel: "concept.model"
        }
    }
}

extension CLIPSegError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .nothingAsked:
            "nothing to look for: give a text or an example"
        case .conditional(let found, let expected):
            "a prompt's vector has \(found) numbers, expected \(expected); it is of another model: embed or learn it again with this one"
        case .mix(let weight):
            "the weight between text and example is \(weight), expected 0 (the text only) to 1 (the example only)"
        case .threshold(let threshold):
            "the threshold is \(threshold), expected 0 to 1"
        case .noExamples:
            "no example: give at least one picture with the object's mask or box"
        case .severalClasses(let classes):
            "examples of \(classes.joined(separator: ", ")) in one concept; learn each class by itself"
        case .maskSize(let expected, let found):
            "the mask is \(found.width)×\(found.height), its picture \(expected.width)×\(expected.height) as displayed; "
                + "draw the mask on the picture itself, or scale it to \(expected.width)×\(expected.height)"
        case .maskEmpty:
            "the mask is empty, or the object too small to be seen at the model's size; paint the object with any value above zero"
        case .boxOutside(let box, let size):
            "the box \(box.x1), \(box.y1), \(box.x2), \(box.y2) is not inside the \(size.width)×\(size.height) picture, or is empty"
        case .polygonOutside(let size):
            "the polygon marks nothing inside the \(size.width)×\(size.height) picture; give three corners or more, in its pixels"
        case .pointExample:
            "an example's point does not say how far the object reaches; give its mask, box or polygon"
        case .otherPicture(let expected, let found):
            "the picture is \(found.width)×\(found.height), the encoded one \(expected.width)×\(expected.height); give the same picture"
        case .inputSize(let model, let found, let patch):
            "\(model): the preprocessor's size is \(found.width)×\(found.height), expected a square of whole patches of \(patch), "
                + "at most \(CLIPSeg.largestGrid) a side"
        case .pixelValues(let found, let expected):
            "pixel_values is \(found), expected \(expected)"
        case .encoding(let found, let expected):
            "the kept encoding is \(found.map { "\($0)" } ?? "absent"), expected \(expected); encode the picture again"
        case .conceptFile(let file, let expected, let found):
            "\(file): expected \(expected), found \(found); make it again with spaniel learn --for segment"
        case .conceptModel(let concept, let learntWith, let model):
            "the concept '\(concept)' was learnt with \(learntWith), not with \(model); use that model, or learn it again"
        }
    }
}
