/// A convolution computed as a matrix product: of patches if the stride is the kernel's side, otherwise of
/// neighbourhoods, which zeros complete around the grid (padding of half the kernel).
public struct Conv2d: Sendable {
    let product: Linear
    /// The rows and columns of the kernel.
    let kernel: Int
    let stride: Int

    /// Packs the weight.
    /// - Parameters:
    ///   - weight: [out, in, kernel, kernel], the hub's order.
    ///   - bias: [out], or nil without one.
    ///   - stride: the kernel's side, or less for an odd kernel.
    ///   - precision: of the product; int8 leaves it in its floating precision.
    public init(weight: Tensor, bias: Tensor?, stride: Int, precision: Tensor.Precision = .float32) {
        let (out, channels, side) = (weight.shape[0], weight.shape[1], weight.shape[2])
        precondition(
            weight.shape[3] == side && (stride == side || (stride < side && side % 2 == 1)),
            "convolution of \(weight.shape), stride \(stride)")
        let rows = weight.transposed([0, 2, 3, 1]).reshaped([out, side * side * channels])
        product = Linear(weight: rows, bias: bias, precision: precision.floating)
        kernel = side
        self.stride = stride
    }

    /// Returns the convolution of a grid, followed by `activation`.
    /// - Parameters:
    ///   - x: [B, H, W, in]; a stride that is the kernel's side divides H and W.
    ///   - activation: applied to each number.
    /// - Returns: [B, ⌈H/stride⌉, ⌈W/stride⌉, out]
    public func callAsFunction(_ x: Tensor, activation: Tensor.Activation = .identity) -> Tensor {
        if kernel == 1 { return product(x, activation: activation) }
        if stride == kernel { return product(x.patches(side: kernel), activation: activation) }
        if let result = placed(x, activation: activation) { return result }
        let batch = x.shape[0]
        let (height, width) = ((x.shape[1] + stride - 1) / stride, (x.shape[2] + stride - 1) / stride)
        // Some rows at a time, because the neighbourhoods take kernel² times the grid.
        let step = max(1, 1024 / max(1, width))
        let strips = (0..<batch).flatMap { picture in
            Swift.stride(from: 0, to: height, by: step).map { row in
                product(
                    x[leading: picture].neighbourhoods(
                        kernel: kernel, step: stride, rows: row..<min(row + step, height)),
                    activation: activation)
            }
        }
        return Tensor.concatenated(strips, axis: 0).reshaped([batch, height, width, strips[0].shape[2]])
    }
}
