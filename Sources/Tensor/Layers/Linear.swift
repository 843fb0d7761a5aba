/// y = activation(x Wᵀ + b) + residual
public struct Linear: Sendable {
    let weight: PackedMatrix
    /// [out], where the layer has one.
    public let bias: Tensor?

    /// How its product is computed.
    public var precision: Tensor.Precision { weight.precision }

    /// - Parameters:
    ///   - weight: [out, in]
    ///   - bias: [out]
    public init(weight: Tensor, bias: Tensor?, precision: Tensor.Precision = .float32) {
        precondition(
            bias.map { $0.shape == [weight.shape[0]] } ?? true,
            "linear layer of \(weight.shape) with bias \(bias!.shape)")
        self.weight = PackedMatrix(rows: weight, precision: precision)
        self.bias = bias
    }

    /// - Parameters:
    ///   - x: [..., in]
    ///   - residual: [..., out], added last.
    /// - Returns: [..., out]
    public func callAsFunction(
        _ x: Tensor, activation: Tensor.Activation = .identity, residual: Tensor? = nil
    )
        -> Tensor
    {
        linear(x, weight, bias: bias, activation: activation, residual: residual)
    }
}
