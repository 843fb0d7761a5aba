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
        let (out, side) = (weight.shape[1], weight.shape[2])
        precondition(
            weight.shape[3] == side && bias.shape == [out],
            "transposed convolution of \(weight.shape), bias \(bias.shape)")
        self.init(
            matrix: PackedMatrix(rows: Self.rows(of: weight), precision: precision.floating), bias: bias,
            kernel: side)
    }

    /// - Parameters:
    ///   - matrix: [kernel² · out, in], packed: `rows(of:)` a weight.
    ///   - bias: [out]
    init(matrix: PackedMatrix, bias: Tensor, kernel: Int) {
        product = Linear(
            weight: matrix,
            bias: bias.repeated(kernel * kernel).reshaped([kernel * kernel * bias.count]))
        self.kernel = kernel
    }

    /// The product's matrix.
    /// - Parameter weight: [in, out, kernel, kernel].
    /// - Returns: [kernel² · out, in]
    static func rows(of weight: Tensor) -> Tensor {
        weight.transposed([2, 3, 1, 0]).reshaped([
            weight.shape[1] * weight.shape[2] * weight.shape[3], weight.shape[0],
        ])
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
