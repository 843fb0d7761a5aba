import CSpanielKernels

extension MLP {
    /// Some rows at a time through both products, so that the hidden layer stays in a cache and takes no memory of its own. Each sum is the one
    /// that two products one after the other give, to the bit.
    /// - Returns: nil where those are faster: for few rows, and where not our kernels compute.
    func fused(_ x: Tensor, residual: Tensor?) -> Tensor? {
        guard case .kernels(let table) = first.weight.engine, first.precision == second.precision else { return nil }
        let kernels = table.products(first.precision)
        let (channels, hidden, out) = (first.weight.inner, first.weight.columns, second.weight.columns)
        let shape = Shape(x.shape.extents.dropLast() + [out])
        precondition(
            x.shape[-1] == channels && second.weight.inner == hidden && residual.map { $0.shape == shape } ?? true,
            "MLP of [\(channels), \(hidden)] and [\(second.weight.inner), \(out)] on \(x.shape) with residual \(String(describing: residual?.shape))"
        )
        let rows = x.count / max(1, channels)
        let (rowBlock, threads) = (Int(kernels.row_block), Parallel.threads)
        guard rows >= threads * rowBlock / 2 else { return nil }
        // As many blocks for every thread, of nearly one size.
        let blocks = ((rows + rowBlock - 1) / rowBlock + threads - 1) / threads * threads
        let productScratch = (Int(kernels.product_scratch) + 15) / 16 * 16
        return Profile.timed(
            "MLP [\(rows), \(channels)] × [\(channels), \(hidden)] × [\(hidden), \(out)] \(first.precision)",
            operations: 2 * rows * hidden * (channels + out)
        ) {
            withExtendedLifetime((x, self, residual)) {
                Tensor(uninitialized: shape) { target in
                    guard let target = target.baseAddress else { return }
                    Parallel.run(blocks, scratch: productScratch + (rows + blocks - 1) / blocks * hidden) { block, scratch in
                        let start = rows * block / blocks
                        let count = rows * (block + 1) / blocks - start
                        let inner = scratch + productScratch
                        Product(
                            rows: count, a: x.pointer + start * channels, lda: channels, weight: first.weight, c: inner, ldc: hidden,
                            bias: first.bias?.pointer,
                            activation: activation, residual: nil
                        ).runHere(kernels, scratch: scratch)
                        Product(
                            rows: count, a: inner, lda: hidden, weight: second.weight, c: target + start * out, ldc: out,
                            bias: second.bias?.pointer,
                            activation: .identity, residual: residual.map { $0.pointer + start * out }
                        ).runHere(kernels, scratch: scratch)
                    }
                }
            }
        }
    }
}
