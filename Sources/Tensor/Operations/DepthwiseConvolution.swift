import CSpanielKernels

/// Returns activation(depthwise convolution of 3 × 3 + bias): each channel of a cell sums nine neighbours with
/// weights of its own, zeros outside the grid.
/// - Parameters:
///   - x: [B, H, W, C].
///   - weight: [9, C], the kernel's rows first, then its columns.
///   - bias: [C].
///   - stride: the distance of two neighbourhoods' middles; the first is the first cell.
///   - activation: applied to each number.
/// - Returns: [B, ⌈H / stride⌉, ⌈W / stride⌉, C].
package func depthwiseConvolution(
    _ x: Tensor, weight: Tensor, bias: Tensor, stride: Int = 1, activation: Tensor.Activation = .identity
) -> Tensor {
    let (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    precondition(
        weight.shape == [9, channels] && bias.shape == [channels] && stride > 0,
        "depthwise convolution of \(x.shape) with \(weight.shape), \(bias.shape), stride \(stride)")
    let (down, across) = ((height + stride - 1) / stride, (width + stride - 1) / stride)
    return Profile.timed(
        "depthwise \(x.shape), stride \(stride)", operations: 18 * batch * down * across * channels
    ) {
        withExtendedLifetime((x, weight, bias)) {
            Tensor(uninitialized: [batch, down, across, channels]) { target in
                guard let out = target.baseAddress else { return }
                Parallel.run(batch * down) { task in
                    let (picture, row) = (task / down, task % down)
                    let source = x.pointer + picture * height * width * channels
                    let rows = (0..<3).map { line -> UnsafePointer<Float>? in
                        let at = row * stride + line - 1
                        return at < 0 || at >= height ? nil : source + at * width * channels
                    }
                    DepthwiseRow(
                        rows: rows, width: width, first: 0, stride: stride, weight: weight.pointer,
                        bias: bias.pointer, activation: activation, columns: across, channels: channels
                    ).run(into: out + task * across * channels)
                }
            }
        }
    }
}

/// One row of a depthwise convolution, as `Reference.depthwise` describes it.
struct DepthwiseRow {
    /// Above, middle and below; nil for zeros.
    let rows: [UnsafePointer<Float>?]
    let width: Int
    let first: Int
    let stride: Int
    let weight: UnsafePointer<Float>
    let bias: UnsafePointer<Float>
    let activation: Tensor.Activation
    let columns: Int
    let channels: Int

    func run(into y: UnsafeMutablePointer<Float>) {
        guard let kernels = Kernels.current else {
            return Reference.depthwise(
                rows: rows, width: width, first: first, stride: stride, weight: weight, bias: bias,
                activation: activation, columns: columns, channels: channels, y: y)
        }
        var row = spaniel_depthwise(
            columns: columns, channels: channels, stride: stride, rows: (rows[0], rows[1], rows[2]),
            width: width, first: first, weight: weight, bias: bias, activation: activation.kernel, y: y)
        kernels.table.depthwise(&row)
    }
}
