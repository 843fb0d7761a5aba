import CSpanielKernels

/// An inverted bottleneck (MobileNetV2's MBConv): the channels are widened, each is convolved by itself, and
/// they are narrowed again:
///
///     activation(W₂ activation(depthwise(activation(W₁ x + b₁))) + b₂ + residual)
public struct Bottleneck: Sendable {
    /// W₁ and b₁, from the input's channels to the hidden ones.
    public let expansion: Linear
    /// The convolution of the hidden channels.
    public let depthwise: DepthwiseConv2d
    /// W₂ and b₂, from the hidden channels to the result's.
    public let projection: Linear
    /// What follows the first two layers, and the third if there is a residual.
    public let activation: Tensor.Activation

    /// Creates a bottleneck from its layers.
    public init(
        expansion: Linear, depthwise: DepthwiseConv2d, projection: Linear, activation: Tensor.Activation
    ) {
        let hidden = depthwise.bias.count
        precondition(
            expansion.weight.columns == hidden && projection.weight.inner == hidden
                && expansion.precision == projection.precision,
            "bottleneck of [\(expansion.weight.inner), \(expansion.weight.columns)], \(hidden) and "
                + "[\(projection.weight.inner), \(projection.weight.columns)]")
        self.expansion = expansion
        self.depthwise = depthwise
        self.projection = projection
        self.activation = activation
    }

    /// Returns the block's value for a grid.
    /// - Parameters:
    ///   - x: [B, H, W, in].
    ///   - addsInput: whether `x` is added before a last activation; then the stride is 1 and the result has
    ///     the input's channels.
    /// - Returns: [B, ⌈H/stride⌉, ⌈W/stride⌉, out]
    public func callAsFunction(_ x: Tensor, addsInput: Bool) -> Tensor {
        precondition(
            x.shape[-1] == expansion.weight.inner
                && (!addsInput || depthwise.stride == 1 && projection.weight.columns == x.shape[-1]),
            "bottleneck from \(expansion.weight.inner) channels, stride \(depthwise.stride), on \(x.shape)")
        return fused(x, addsInput: addsInput) ?? stepwise(x, addsInput: addsInput)
    }

    /// The same, one layer after the other.
    package func stepwise(_ x: Tensor, addsInput: Bool) -> Tensor {
        let hidden = depthwise(expansion(x, activation: activation), activation: activation)
        guard addsInput else { return projection(hidden) }
        return projection(hidden, residual: x).activated(activation)
    }
}

// MARK: - Fused

extension Bottleneck {
    /// The columns of the grid that a strip takes: three rows of its hidden layer stay in a cache.
    private static let stripColumns = 64
    /// The rows of results of a task; each task computes two rows of its hidden layer that others compute too.
    private static let taskRows = 32

    /// A strip's place: its results and the cells of the grid that they see.
    private struct Strip {
        let rows: Range<Int>
        let columns: Range<Int>
        let cells: Range<Int>
        /// The place among `cells` of the first result's middle.
        let first: Int
    }

    /// Takes strips of the grid through all three layers, so that the hidden layer, which is several times as
    /// large as the grid, needs no memory of its own. The result has the same bits as three separate layers.
    /// - Returns: nil if BLAS or the reference computes.
    private func fused(_ x: Tensor, addsInput: Bool) -> Tensor? {
        guard case .kernels(let table) = expansion.weight.engine else { return nil }
        let kernels = table.products(expansion.precision)
        let (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let (hidden, out) = (depthwise.bias.count, projection.weight.columns)
        let stride = depthwise.stride
        let (down, across) = ((height + stride - 1) / stride, (width + stride - 1) / stride)
        let strips = self.strips(down: down, across: across, width: width)
        let productScratch = (Int(kernels.product_scratch) + 15) / 16 * 16
        let most = strips.reduce((cells: 0, columns: 0)) {
            (max($0.cells, $1.cells.count), max($0.columns, $1.columns.count))
        }
        return Profile.timed(
            "bottleneck \(x.shape), \(hidden) channels, stride \(stride), to \(out) \(expansion.precision)",
            operations: 2 * batch
                * (height * width * channels * hidden + down * across * hidden * (9 + out))
        ) {
            withExtendedLifetime((x, self)) {
                Tensor(uninitialized: [batch, down, across, out]) { target in
                    guard let target = target.baseAddress else { return }
                    Parallel.run(
                        batch * strips.count,
                        scratch: productScratch + hidden * (3 * most.cells + most.columns)
                    ) { task, scratch in
                        let (picture, strip) = (task / strips.count, strips[task % strips.count])
                        run(
                            strip, of: x.pointer + picture * height * width * channels, height: height,
                            width: width, into: target + picture * down * across * out, across: across,
                            addsInput: addsInput, table: table, scratch: scratch,
                            hidden: scratch + productScratch,
                            ring: most.cells)
                    }
                }
            }
        }
    }

    private func strips(down: Int, across: Int, width: Int) -> [Strip] {
        let stride = depthwise.stride
        let parts = (across * stride + Self.stripColumns - 1) / Self.stripColumns
        let blocks = (down + Self.taskRows - 1) / Self.taskRows
        return (0..<blocks).flatMap { block in
            (0..<parts).map { part in
                let columns = across * part / parts..<across * (part + 1) / parts
                let cells =
                    max(
                        0, columns.lowerBound * stride - 1)..<min(
                        width, (columns.upperBound - 1) * stride + 2)
                return Strip(
                    rows: down * block / blocks..<down * (block + 1) / blocks, columns: columns,
                    cells: cells, first: columns.lowerBound * stride - cells.lowerBound)
            }
        }
    }

    /// Computes a strip row by row; the hidden layer's last three rows are kept.
    private func run(
        _ strip: Strip, of x: UnsafePointer<Float>, height: Int, width: Int,
        into target: UnsafeMutablePointer<Float>, across: Int, addsInput: Bool, table: Kernels,
        scratch: UnsafeMutablePointer<Float>, hidden: UnsafeMutablePointer<Float>, ring: Int
    ) {
        let kernels = table.products(expansion.precision)
        let (channels, wide) = (expansion.weight.inner, depthwise.bias.count)
        let (stride, out) = (depthwise.stride, projection.weight.columns)
        let convolved = hidden + 3 * ring * wide
        var next = max(0, strip.rows.lowerBound * stride - 1)
        for row in strip.rows {
            let middle = row * stride
            while next < min(height, middle + 2) {
                let from = x + (next * width + strip.cells.lowerBound) * channels
                Product(
                    rows: strip.cells.count, a: from, lda: channels, weight: expansion.weight,
                    c: hidden + next % 3 * ring * wide, ldc: wide, bias: expansion.bias?.pointer,
                    activation: activation, residual: nil
                ).runHere(kernels, scratch: scratch)
                next += 1
            }
            let rows = (middle - 1...middle + 1).map { at -> UnsafePointer<Float>? in
                at < 0 || at >= height ? nil : UnsafePointer(hidden + at % 3 * ring * wide)
            }
            DepthwiseRow(
                rows: rows, width: strip.cells.count, first: strip.first, stride: stride,
                weight: depthwise.weight.pointer, bias: depthwise.bias.pointer, activation: activation,
                columns: strip.columns.count, channels: wide
            ).run(into: convolved)
            let place = row * across + strip.columns.lowerBound
            let answers = target + place * out
            Product(
                rows: strip.columns.count, a: convolved, lda: wide, weight: projection.weight, c: answers,
                ldc: out, bias: projection.bias?.pointer, activation: .identity,
                residual: addsInput ? x + place * channels : nil
            ).runHere(kernels, scratch: scratch)
            if addsInput {
                table.table.activate(strip.columns.count * out, activation.kernel, answers, answers)
            }
        }
    }
}
