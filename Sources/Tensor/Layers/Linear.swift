/// A linear layer: y = activation(x Wᵀ + b) + residual.
public struct Linear: Sendable {
    let weight: PackedMatrix
    /// The bias, [out], or nil if the layer has none.
    public let bias: Tensor?

    /// The precision of its product.
    public var precision: Tensor.Precision { weight.precision }

    /// Creates a layer of a packed weight.
    /// - Parameters:
    ///   - weight: [out, in]
    ///   - bias: [out], or nil without one.
    package init(weight: PackedMatrix, bias: Tensor?) {
        precondition(
            bias.map { $0.shape == [weight.columns] } ?? true,
            "linear layer of [\(weight.columns), \(weight.inner)] with bias \(bias!.shape)")
        self.weight = weight
        self.bias = bias
    }

    /// Packs the weight.
    /// - Parameters:
    ///   - weight: [out, in]
    ///   - bias: [out], or nil without one.
    ///   - precision: of the product.
    public init(weight: Tensor, bias: Tensor?, precision: Tensor.Precision = .float32) {
        self.init(weight: PackedMatrix(rows: weight, precision: precision), bias: bias)
    }

    /// Returns the layer's value for each row of the last axis.
    /// - Parameters:
    ///   - x: [..., in]
    ///   - activation: is applied to the sums.
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
