import CSpanielKernels

/// Two products one after the other, some rows at a time through both, so that the hidden layer stays in a
/// cache and takes no memory of its own. Each sum is the one that two products give, to the bit.
struct FusedProducts {
    struct Half {
        let weight: PackedMatrix
        let bias: Tensor?
    }

    /// What is done to some rows of the hidden layer before the second product: `rows` of them, `stride`
    /// floats apart; the `softmaxSlack` floats behind each may be overwritten.
    typealias Between = (_ hidden: UnsafeMutablePointer<Float>, _ rows: Int, _ stride: Int) -> Void

    /// What a profile calls them.
    let name: String
    let first: Half
    var activation = Tensor.Activation.identity
    let second: Half
    var between: Between?

    /// - Parameters:
    ///   - x: [..., C]
    ///   - residual: added last, the result's shape.
    /// - Returns: nil where two products are faster: for few rows, and where not our kernels compute.
    func callAsFunction(_ x: Tensor, residual: Tensor?) -> Tensor? {
        guard case .kernels(let table) = first.weight.engine,
            first.weight.precision == second.weight.precision
        else { return nil }
        let kernels = table.products(first.weight.precision)
        let (channels, hidden, out) = (first.weight.inner, first.weight.columns, second.weight.columns)
        let shape = Tensor.Shape(x.shape.extents.dropLast() + [out])
        precondition(
            x.shape[-1] == channels && second.weight.inner == hidden
                && residual.map { $0.shape == shape } ?? true,
            "\(name) of [\(channels), \(hidden)] and [\(second.weight.inner), \(out)] on \(x.shape), residual \(String(describing: residual?.shape))"
        )
        let rows = x.count / max(1, channels)
        let (rowBlock, threads) = (Int(kernels.row_block), Parallel.threads)
        guard rows >= threads * rowBlock / 2 else { return nil }
        // As many blocks for every thread, of nearly one size.
        let blocks = ((rows + rowBlock - 1) / rowBlock + threads - 1) / threads * threads
        let productScratch = (Int(kernels.product_scratch) + 15) / 16 * 16
        let stride = between == nil ? hidden : hidden + softmaxSlack
        return Profile.timed(
            "\(name) [\(rows), \(channels)] × [\(channels), \(hidden)] × [\(hidden), \(out)] \(first.weight.precision)",
            operations: 2 * rows * hidden * (channels + out)
        ) {
            withExtendedLifetime((x, self, residual)) {
                Tensor(uninitialized: shape) { target in
                    guard let target = target.baseAddress else { return }
                    Parallel.run(blocks, scratch: productScratch + (rows + blocks - 1) / blocks * stride) {
                        block, scratch in
                        let start = rows * block / blocks
                        let count = rows * (block + 1) / blocks - start
                        let inner = scratch + productScratch
                        Product(
                            rows: count, a: x.pointer + start * channels, lda: channels, weight: first.weight,
                            c: inner, ldc: stride,
                            bias: first.bias?.pointer, activation: activation, residual: nil
                        ).runHere(kernels, scratch: scratch)
                        between?(inner, count, stride)
                        Product(
                            rows: count, a: inner, lda: stride, weight: second.weight,
                            c: target + start * out, ldc: out,
                            bias: second.bias?.pointer, activation: .identity,
                            residual: residual.map { $0.pointer + start * out }
                        ).runHere(kernels, scratch: scratch)
                    }
                }
            }
        }
    }
}
