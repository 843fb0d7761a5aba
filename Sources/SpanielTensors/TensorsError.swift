import SpanielFiles
package import Tensor

/// Why tensors of a file are not what a model makes.
package enum TensorsError: SpanielError, Equatable {
    /// Pixel values that are not one picture of the model's size.
    case pixelValues(found: Tensor.Shape, expected: Tensor.Shape)
    /// An encoding that is none of this model's.
    case encoding(expected: String, found: String)

    package var code: String {
        switch self {
        case .pixelValues: "pixel-values.shape"
        case .encoding: "encoding.shape"
        }
    }

    package var description: String {
        switch self {
        case .pixelValues(let found, let expected):
            "pixel_values is \(found), expected \(expected)"
        case .encoding(let expected, let found):
            "the encoding has \(found), expected \(expected); encode the picture again with this model"
        }
    }
}
