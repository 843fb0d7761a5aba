/// A layer norm over the last axis: (x - mean) / sqrt(variance + ε) · weight + bias.
public struct LayerNorm: Sendable {
    /// The factor of each channel, [C].
    public let weight: Tensor
    /// The summand of each channel, [C].
    public let bias: Tensor
    /// What is added to the variance, so that a constant row does not divide by zero.
    public let epsilon: Float

    /// Creates a layer norm of C channels.
    /// - Parameters:
    ///   - weight: [C]
    ///   - bias: [C]
    ///   - epsilon: added to the variance.
    public init(weight: Tensor, bias: Tensor, epsilon: Float) {
        self.weight = weight
        self.bias = bias
        self.epsilon = epsilon
    }

    /// Returns `x` with each row of its last axis normalised.
    /// - Parameter x: [..., C]
    /// - Returns: [..., C]
    public func callAsFunction(_ x: Tensor) -> Tensor {
        layerNorm(x, weight: weight, bias: bias, epsilon: epsilon)
    }
}
