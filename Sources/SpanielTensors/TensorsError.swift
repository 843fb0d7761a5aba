import SpanielFiles
package import Tensor

/// Why a model cannot use the tensors of a file.
package enum TensorsError: SpanielError, Equatable {
    /// The pixel values are not one picture of the model's size.
    case pixelValues(found: Tensor.Shape, expected: Tensor.Shape)
    /// The encoding is not one of this model.
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
