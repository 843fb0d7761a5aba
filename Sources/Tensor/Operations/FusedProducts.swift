import CSpanielKernels

/// Two successive products that take some rows at a time through both, so that the hidden layer stays in a
/// cache and needs no memory of its own. The result has the same bits as two separate products.
struct FusedProducts {
    struct Half {
        let weight: PackedMatrix
        let bias: Tensor?
    }

    /// A function that changes `rows` rows of the hidden layer, `stride` floats apart, before the second
    /// product; it may overwrite the `softmaxSlack` floats behind each.
    typealias Between = (_ hidden: UnsafeMutablePointer<Float>, _ rows: Int, _ stride: Int) -> Void

    /// The name in a profile.
    let name: String
    let first: Half
    var activation = Tensor.Activation.identity
    let second: Half
    var between: Between?

    /// Returns the value of both products for each row of the last axis.
    /// - Parameters:
    ///   - x: [..., C]
    ///   - residual: the result's shape, added last.
    /// - Returns: nil if two products are faster (there are few rows), or if BLAS or the reference computes.
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
            "\(name) of [\(channels), \(hidden)] and [\(second.weight.inner), \(out)] on \(x.shape), "
                + "residual \(String(describing: residual?.shape))"
        )
        let rows = x.count / max(1, channels)
        let (rowBlock, threads) = (Int(kernels.row_block), Parallel.threads)
        guard rows >= threads * rowBlock / 2 else { return nil }
        // The same number of blocks for every thread, all of nearly the same size.
        let blocks = ((rows + rowBlock - 1) / rowBlock + threads - 1) / threads * threads
        let productScratch = (Int(kernels.product_scratch) + 15) / 16 * 16
        let stride = between == nil ? hidden : hidden + softmaxSlack
        return Profile.timed(
            "\(name) [\(rows), \(channels)] × [\(channels), \(hidden)] × [\(hidden), \(out)]"
                + " \(first.weight.precision)",
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
