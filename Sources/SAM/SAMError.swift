public import SpanielImaging
public import Tensor

/// Why SAM cannot answer a prompt or load a model folder.
public enum SAMError: SpanielError, Equatable {
    /// The prompt has no point, box or mask.
    case promptEmpty
    /// A point lies a pixel or more outside the picture of the given size, or is not a number.
    case pointOutside(Point, Size)
    /// A box shares nothing with the picture of the given size, or its corners are exchanged.
    case boxOutside(Box, Size)
    /// A mask prompt has another shape than the model's low-resolution logits.
    case maskPrompt(found: Tensor.Shape, expected: Tensor.Shape)
    /// The two copies of the positional matrix in the model's file differ.
    case positionalMatrices(model: String)

    /// A stable name for programs, such as `prompt.point`.
    public var code: String {
        switch self {
        case .promptEmpty: "prompt.empty"
        case .pointOutside: "prompt.point"
        case .boxOutside: "prompt.box"
        case .maskPrompt: "prompt.mask"
        case .positionalMatrices: "weights.positions"
        }
    }
}

extension SAMError {
    /// A sentence that says what is wrong and how to mend it.
    public var description: String {
        switch self {
        case .promptEmpty:
            "the prompt is empty: give a point, a box or a mask"
        case .pointOutside(let point, let size):
            "the point \(point.x),\(point.y) is outside the picture, which is "
                + "\(size.width)×\(size.height) pixels as displayed (x first)"
        case .boxOutside(let box, let size):
            "the box \(box.x1),\(box.y1),\(box.x2),\(box.y2) shares nothing with the picture, which is "
                + "\(size.width)×\(size.height) pixels as displayed: give left, top, right, bottom"
        case .maskPrompt(let found, let expected):
            "the mask prompt is \(found), expected the low-resolution logits \(expected) of an earlier "
                + "prediction"
        case .positionalMatrices(let model):
            "\(model): prompt_encoder.shared_embedding.positional_embedding differs from "
                + "shared_image_embedding.positional_embedding; they are one matrix in every published SAM"
        }
    }
}
