public import SpanielImaging
import Tensor

/// Says what is wrong with a prompt, an example, a picture or a model's folder.
public enum CLIPSegError: SpanielError, Equatable {
    /// There is neither a text nor an example.
    case nothingAsked
    /// The vector of a prompt has another length than the model's: it is of another model.
    case conditional(found: Int, expected: Int)
    /// The weight between text and example is not from 0 to 1.
    case mix(Double)
    /// The threshold is not from 0 to 1.
    case threshold(Double)
    /// The object of an example has no pixel left at the size of the model's input.
    case maskTooSmall
    /// An example is marked by a point, which does not say how far the object reaches.
    case pointExample
    /// The picture for the edges has another size than the encoded one.
    case otherPicture(expected: Size, found: Size)
    /// The preprocessor's size is no square of whole patches, or is too large for the model.
    case inputSize(model: String, found: Size, patch: Int)

    /// A stable name for programs.
    public var code: String {
        switch self {
        case .nothingAsked: "prompt.empty"
        case .conditional: "prompt.vector"
        case .mix: "prompt.mix"
        case .threshold: "prompt.threshold"
        case .maskTooSmall: "mask.empty"
        case .pointExample: "example.point"
        case .otherPicture: "picture.size"
        case .inputSize: "config.value"
        }
    }
}

extension CLIPSegError {
    /// The sentence for people: the subject, what was expected and found, and the fix.
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
        case .maskTooSmall:
            "the object is too small to be seen at the model's size; cut the picture closer around it"
        case .pointExample:
            "an example's point does not say how far the object reaches; give its mask, box or polygon"
        case .otherPicture(let expected, let found):
            "the picture is \(found.width)×\(found.height), the encoded one \(expected.width)×\(expected.height); give the same picture"
        case .inputSize(let model, let found, let patch):
            "\(model): the preprocessor's size is \(found.width)×\(found.height), expected a square of whole patches of \(patch), "
                + "at most \(CLIPSeg.largestGrid) a side"
        }
    }
}
