/// A perceptron of two layers: y = W₂ activation(W₁ x + b₁) + b₂ + residual.
public struct MLP: Sendable {
    /// The layer from C to the hidden channels.
    public let first: Linear
    /// The layer from the hidden channels to the output's.
    public let second: Linear
    /// What is applied between the two.
    public let activation: Tensor.Activation

    /// Creates a perceptron from its layers; the second reads as many channels as the first writes.
    public init(first: Linear, second: Linear, activation: Tensor.Activation) {
        self.first = first
        self.second = second
        self.activation = activation
    }

    /// Returns the perceptron's value for each row of the last axis.
    /// - Parameters:
    ///   - x: [..., C]
    ///   - residual: the result's shape, added last.
    /// - Returns: [..., out]
    public func callAsFunction(_ x: Tensor, residual: Tensor? = nil) -> Tensor {
        let fused = FusedProducts(
            name: "MLP", first: .init(weight: first.weight, bias: first.bias), activation: activation,
            second: .init(weight: second.weight, bias: second.bias))
        return fused(x, residual: residual) ?? second(first(x, activation: activation), residual: residual)
    }
}
