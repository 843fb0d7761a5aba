import SpanielJSON

/// Values that several models' configurations give under the same keys.
extension ConfigurationReader {
    /// Reads the side of a square: a number, or a pair of equal numbers.
    package func side(_ key: String, default: Int) throws(WeightsError) -> Int {
        switch try pictureSize(key, default: .number(`default`)) {
        case .number(let side): side
        case .sides(let height, let width) where height == width: height
        default: throw unsupported(key, "a number, or a pair of equal numbers")
        }
    }

    /// Reads an activation by the name that transformers gives it.
    package func activation(_ key: String = "hidden_act", default: String) throws(WeightsError)
        -> Tensor.Activation
    {
        switch try oneOf(key, default: `default`, ["gelu", "quick_gelu", "relu"]) {
        case "relu": .relu
        case "quick_gelu": .quickGELU
        default: .gelu
        }
    }

    /// Reads the ε of layer norms, from 0 to 1.
    package func epsilon(_ key: String = "layer_norm_eps", default: Double) throws(WeightsError) -> Float {
        Float(try double(key, default: `default`, in: 0...1))
    }

    /// Returns the error for a key's value, or for its default if it is absent.
    package func unsupported(_ key: String, _ supported: String) -> WeightsError {
        unsupported(key, value(key) ?? "absent", supported)
    }
}
