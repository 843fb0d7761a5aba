/// A convolution computed as a matrix product: of patches if the stride is the kernel's side, or of
/// neighbourhoods if the stride is 1, which keeps the grid's size by zeros around it.
public struct Conv2d: Sendable {
    let product: Linear
    /// The rows and columns of the kernel.
    let kernel: Int
    let stride: Int

    /// Packs the weight.
    /// - Parameters:
    ///   - weight: [out, in, kernel, kernel], the hub's order.
    ///   - bias: [out], or nil without one.
    ///   - stride: the kernel's side, or 1 for an odd kernel.
    ///   - precision: of the product.
    public init(weight: Tensor, bias: Tensor?, stride: Int, precision: Tensor.Precision = .float32) {
        let (out, channels, side) = (weight.shape[0], weight.shape[1], weight.shape[2])
        precondition(
            weight.shape[3] == side && (stride == side || (stride == 1 && side % 2 == 1)),
            "convolution of \(weight.shape), stride \(stride)")
        let rows = weight.transposed([0, 2, 3, 1]).reshaped([out, side * side * channels])
        product = Linear(weight: rows, bias: bias, precision: precision)
        kernel = side
        self.stride = stride
    }

    /// Returns the convolution of a grid, followed by `activation`.
    /// - Parameters:
    ///   - x: [B, H, W, in]; the stride divides H and W.
    ///   - activation: applied to each number.
    /// - Returns: [B, H/stride, W/stride, out]
    public func callAsFunction(_ x: Tensor, activation: Tensor.Activation = .identity) -> Tensor {
        if kernel == 1 { return product(x, activation: activation) }
        if stride == kernel { return product(x.patches(side: kernel), activation: activation) }
        let (batch, height, width) = (x.shape[0], x.shape[1], x.shape[2])
        // Some rows at a time, because the neighbourhoods take kernel² times the grid.
        let step = max(1, 1024 / max(1, width))
        let strips = (0..<batch).flatMap { picture in
            stride(from: 0, to: height, by: step).map { row in
                product(
                    x[leading: picture].neighbourhoods(kernel: kernel, rows: row..<min(row + step, height)),
                    activation: activation)
            }
        }
        return Tensor.concatenated(strips, axis: 0).reshaped([batch, height, width, strips[0].shape[2]])
    }

    private func stride(from: Int, to: Int, by step: Int) -> [Int] {
        Array(Swift.stride(from: from, to: to, by: step))
    }
}
