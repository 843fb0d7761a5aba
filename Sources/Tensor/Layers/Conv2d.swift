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
        precondition(weight.shape[3] == weight.shape[2], "convolution of \(weight.shape)")
        self.init(
            product: Linear(weight: Self.rows(of: weight), bias: bias, precision: precision.floating),
            kernel: weight.shape[2], stride: stride)
    }

    /// - Parameter product: from neighbourhoods, [kernel² · in], the channels of a cell side by side.
    init(product: Linear, kernel: Int, stride: Int) {
        precondition(
            stride == kernel || (stride < kernel && kernel % 2 == 1),
            "convolution of \(kernel) × \(kernel), stride \(stride)")
        self.product = product
        self.kernel = kernel
        self.stride = stride
    }

    /// The product's matrix.
    /// - Parameter weight: [out, in, kernel, kernel].
    /// - Returns: [out, kernel² · in]
    static func rows(of weight: Tensor) -> Tensor {
        weight.transposed([0, 2, 3, 1]).reshaped([weight.shape[0], weight.count / max(1, weight.shape[0])])
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
