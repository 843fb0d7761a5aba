/// y = W₂ activation(W₁ x + b₁) + b₂ + residual
public struct MLP: Sendable {
    public let first: Linear
    public let second: Linear
    public let activation: Tensor.Activation

    public init(first: Linear, second: Linear, activation: Tensor.Activation) {
        self.first = first
        self.second = second
        self.activation = activation
    }

    /// - Parameters:
    ///   - x: [..., C]
    ///   - residual: [..., C], added last.
    public func callAsFunction(_ x: Tensor, residual: Tensor? = nil) -> Tensor {
        let fused = FusedProducts(
            name: "MLP", first: .init(weight: first.weight, bias: first.bias), activation: activation,
            second: .init(weight: second.weight, bias: second.bias))
        return fused(x, residual: residual) ?? second(first(x, activation: activation), residual: residual)
    }
}
