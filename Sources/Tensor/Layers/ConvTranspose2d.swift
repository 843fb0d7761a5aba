/// A transposed convolution whose stride is its kernel's side: one matrix product turns every cell into a
/// patch.
public struct ConvTranspose2d: Sendable {
    let product: Linear
    /// The rows and columns of a patch.
    let kernel: Int

    /// Packs the weight.
    /// - Parameters:
    ///   - weight: [in, out, kernel, kernel], the hub's order.
    ///   - bias: [out]
    ///   - precision: of the product; int8 leaves it in its floating precision.
    public init(weight: Tensor, bias: Tensor, precision: Tensor.Precision = .float32) {
        let (channels, out, side) = (weight.shape[0], weight.shape[1], weight.shape[2])
        precondition(
            weight.shape[3] == side && bias.shape == [out],
            "transposed convolution of \(weight.shape), bias \(bias.shape)")
        let rows = weight.transposed([2, 3, 1, 0]).reshaped([side * side * out, channels])
        product = Linear(
            weight: rows, bias: bias.repeated(side * side).reshaped([side * side * out]),
            precision: precision.floating)
        kernel = side
    }

    /// Returns the patches of a grid's cells laid out as a grid, followed by `activation`.
    /// - Parameters:
    ///   - x: [B, H, W, in]
    ///   - activation: applied to each number.
    /// - Returns: [B, H · kernel, W · kernel, out]
    public func callAsFunction(_ x: Tensor, activation: Tensor.Activation = .identity) -> Tensor {
        placed(x, activation: activation) ?? product(x, activation: activation).unpatched(side: kernel)
    }
}
