public import SpanielImaging
import Tensor

/// Why OWL-ViT cannot load a model folder, learn an example or search a picture.
///
/// `ExampleError` and `ConceptError` hold the reasons that OWL-ViT shares with the other models.
public enum OWLViTError: SpanielError, Equatable {
    /// The folder holds another kind of model.
    case modelKind(model: String, found: String)
    /// There is neither an example nor a text.
    case nothingToLearn
    /// No patch's box overlaps the drawn one enough; the overlaps are IoUs.
    case exampleUnseen(Box, overlap: Double, least: Double)
    /// The model's numbers for an example are not finite.
    case notFinite
    /// The selection by objectness was asked of an OWL-ViT, which has no objectness.
    case noObjectness(model: String)
    /// The number of tiles along a side is not from 1 to the most.
    case tiles(Int, most: Int)
    /// A threshold is not a number from 0 to 1.
    case threshold(Float)

    /// A stable name for programs, such as `example.nothing`.
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
    /// A sentence that says what is wrong and how to mend it.
    public var description: String {
        switch self {
        case .modelKind(let model, let found):
            "\(model) is a model of the kind \(found), expected owlvit or owlv2; give an OWL-ViT or OWLv2 "
                + "folder"
        case .nothingToLearn:
            "neither an example nor a text: give at least one"
        case .exampleUnseen(let box, let overlap, let least):
            "the model sees no object at the box \(box.x1), \(box.y1), \(box.x2), \(box.y2): its nearest box "
                + "overlaps by \(percent(overlap)), expected \(percent(least)); draw the object closely, or "
                + "choose another selection"
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
