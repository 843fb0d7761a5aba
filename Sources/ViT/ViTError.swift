public import Tensor

/// What can be wrong with what is handed to a ViT.
public enum ViTError: Error, Sendable, Equatable {
    /// Pixel values that are not one picture of the model's size.
    case pixelValues(found: Shape, expected: Shape)
    /// A kept encoding that is not this model's.
    case encoding(found: Shape?, expected: Shape)

    /// The error's name in records that programs read.
    public var code: String {
        switch self {
        case .pixelValues: "pixel-values.shape"
        case .encoding: "encoding.shape"
        }
    }
}

extension ViTError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .pixelValues(let found, let expected):
            "pixel_values is \(found), expected \(expected)"
        case .encoding(let found, let expected):
            "the kept encoding is \(found.map { "\($0)" } ?? "absent"), expected finite numbers \(expected) (encode the picture again)"
        }
    }
}
