import CSpanielKernels

extension ConvTranspose2d {
    /// Computes one grid row at a time and writes each row of its patches where it belongs, because the
    /// numbers of such a row are successive in the result.
    /// - Returns: nil if BLAS or the reference computes, or if a patch's row is not whole panels of columns.
    func placed(_ x: Tensor, activation: Tensor.Activation) -> Tensor? {
        guard case .kernels(let table) = product.weight.engine else { return nil }
        let kernels = table.products(product.precision)
        let (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let run = product.weight.columns / kernel
        guard run % Int(kernels.columns) == 0, channels == product.weight.inner else { return nil }
        let panels = run / Int(kernels.columns)
        return Profile.timed(
            "transposed convolution [\(batch * height * width), \(channels)]"
                + " × [\(channels), \(kernel * run)] \(product.precision)",
            operations: 2 * batch * height * width * channels * kernel * run
        ) {
            withExtendedLifetime((x, self)) {
                Tensor(uninitialized: [batch, height * kernel, width * kernel, run / kernel]) { target in
                    guard let target = target.baseAddress else { return }
                    Parallel.run(batch * height, scratch: Int(kernels.product_scratch)) { row, scratch in
                        for line in 0..<kernel {
                            // Columns are counted from the first patch row's.
                            Product(
                                rows: width, a: x.pointer + row * width * channels, lda: channels,
                                weight: product.weight,
                                c: target + (row * kernel + line) * width * run - line * run, ldc: run,
                                bias: product.bias?.pointer,
                                activation: activation, residual: nil
                            ).runHere(kernels, panels: line * panels..<(line + 1) * panels, scratch: scratch)
                        }
                    }
                }
            }
        }
    }
}
