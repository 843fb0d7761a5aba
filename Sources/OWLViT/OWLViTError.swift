public import SpanielImaging
import Tensor

/// What can be wrong with a model folder, an example, a concept file or a request.
public enum OWLViTError: SpanielError, Equatable {
    /// A folder that holds another kind of model.
    case modelKind(model: String, found: String)
    /// Neither an example nor a text.
    case nothingToLearn
    /// No patch's box has enough in common with the drawn one.
    case exampleUnseen(Box, overlap: Double, least: Double)
    /// The model's answers about an example are no numbers.
    case notFinite
    /// The selection by objectness, asked of OWL-ViT, which has none.
    case noObjectness(model: String)
    case tiles(Int, most: Int)
    /// A threshold that no score can be compared with.
    case threshold(Float)

    /// A stable name for programs.
    public var code: String {
        switch self {
        case .modelKind: "model.kind"
        case .nothingToLearn: "example.classes"
        case .exampleUnseen, .notFinite: "example.nothing"
        case .noObjectness: "example.selection"
        case .tiles: "options.tiles"
        case .threshold: "options.threshold"
        }
    }
}

extension OWLViTError {
    public var description: String {
        switch self {
        case .modelKind(let model, let found):
            "\(model) is a model of the kind \(found), expected owlvit or owlv2; give an OWL-ViT or OWLv2 folder"
        case .nothingToLearn:
            "neither an example nor a text: give at least one"
        case .exampleUnseen(let box, let overlap, let least):
            "the model sees no object at the box \(box.x1), \(box.y1), \(box.x2), \(box.y2): its nearest box overlaps by "
                + "\(percent(overlap)), expected \(percent(least)); draw the object closely, or choose another selection"
        case .notFinite:
            "the model's answers about the example are no numbers; fetch its weights again"
        case .noObjectness(let model):
            "\(model) is an OWL-ViT, which has no objectness; select by iou or published, or use an OWLv2"
        case .tiles(let count, let most):
            "\(count) tiles a side, expected 1 to \(most)"
        case .threshold(let threshold):
            "the threshold \(threshold) is not a number from 0 to 1"
        }
    }

    private func percent(_ part: Double) -> String { "\(Int((100 * part).rounded())) %" }
}
