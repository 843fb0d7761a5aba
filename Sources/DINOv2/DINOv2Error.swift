public import SpanielFiles

/// Says what DINOv2 cannot be asked for.
public enum DINOv2Error: SpanielError, Equatable {
    /// The model has no layer of that number; layers count from 1.
    case layer(Int, layers: Int)
    /// The longest side that a picture is to be brought to is out of range.
    case longestSide(Int, least: Int, most: Int)
    /// The pixel values are not whole patches.
    case pixelValues(width: Int, height: Int, patchSize: Int)

    /// The error's name in records that programs read.
    public var code: String {
        switch self {
        case .layer: "options.layer"
        case .longestSide: "options.longest-side"
        case .pixelValues: "pixel-values.shape"
        }
    }
}

extension DINOv2Error {
    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .layer(let layer, let layers):
            "the model has the layers 1 to \(layers), and no layer \(layer)"
        case .longestSide(let side, let least, let most):
            "a longest side of \(side) pixels, expected \(least) to \(most)"
        case .pixelValues(let width, let height, let patchSize):
            "pixel values \(width) wide and \(height) high, expected both a multiple of the patch, \(patchSize)"
        }
    }
}
