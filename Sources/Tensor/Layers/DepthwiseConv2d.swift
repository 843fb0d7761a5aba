/// A depthwise convolution of 3 × 3: each channel has a kernel of its own, and zeros surround the grid.
public struct DepthwiseConv2d: Sendable {
    /// The weights, [9, C].
    let weight: Tensor
    /// The bias, [C].
    public let bias: Tensor
    let stride: Int

    /// Lays out the weights.
    /// - Parameters:
    ///   - weight: [C, 1, 3, 3], the hub's order.
    ///   - bias: [C].
    ///   - stride: the distance of two neighbourhoods' middles.
    public init(weight: Tensor, bias: Tensor, stride: Int = 1) {
        let channels = weight.shape[0]
        precondition(
            weight.shape == [channels, 1, 3, 3] && bias.shape == [channels],
            "depthwise convolution of \(weight.shape), bias \(bias.shape)")
        self.weight = weight.reshaped([channels, 9]).transposed([1, 0])
        self.bias = bias
        self.stride = stride
    }

    /// Returns the convolution of a grid, followed by `activation`.
    /// - Parameters:
    ///   - x: [B, H, W, C].
    ///   - activation: applied to each number.
    /// - Returns: [B, ⌈H/stride⌉, ⌈W/stride⌉, C]
    public func callAsFunction(_ x: Tensor, activation: Tensor.Activation = .identity) -> Tensor {
        depthwiseConvolution(x, weight: weight, bias: bias, stride: stride, activation: activation)
    }
}
