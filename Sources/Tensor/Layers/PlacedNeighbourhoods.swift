import CSpanielKernels

extension Conv2d {
    /// Computes some cells at a time: their neighbourhoods, kernel² times as large as they, stay in a cache, and
    /// the product writes where the result belongs.
    /// - Returns: nil if BLAS or the reference computes.
    func placed(_ x: Tensor, activation: Tensor.Activation) -> Tensor? {
        guard case .kernels(let table) = product.weight.engine else { return nil }
        let kernels = table.products(product.precision)
        let (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let (down, across) = ((height + stride - 1) / stride, (width + stride - 1) / stride)
        let (cells, out, extent) = (down * across, product.weight.columns, kernel * kernel * channels)
        precondition(extent == product.weight.inner, "convolution from \(product.weight.inner) of \(x.shape)")
        let block = Int(kernels.row_block)
        let blocks = (cells + block - 1) / block
        let productScratch = (Int(kernels.product_scratch) + 15) / 16 * 16
        return Profile.timed(
            "convolution \(kernel) × \(kernel) of \(x.shape), stride \(stride), to \(out) \(product.precision)",
            operations: 2 * batch * cells * extent * out
        ) {
            withExtendedLifetime((x, self)) {
                Tensor(uninitialized: [batch, down, across, out]) { target in
                    guard let target = target.baseAddress else { return }
                    Parallel.run(batch * blocks, scratch: productScratch + block * extent) { task, scratch in
                        let (picture, part) = (task / blocks, task % blocks)
                        let range = part * block..<min(cells, (part + 1) * block)
                        let source = x.pointer + picture * height * width * channels
                        for (i, cell) in range.enumerated() {
                            copyNeighbourhood(
                                of: source, height: height, width: width, channels: channels,
                                row: cell / across * stride, column: cell % across * stride,
                                to: scratch + productScratch + i * extent)
                        }
                        Product(
                            rows: range.count, a: scratch + productScratch, lda: extent,
                            weight: product.weight,
                            c: target + (picture * cells + range.lowerBound) * out, ldc: out,
                            bias: product.bias?.pointer, activation: activation, residual: nil
                        ).runHere(kernels, scratch: scratch)
                    }
                }
            }
        }
    }

    /// Copies a cell's neighbourhood, zeros outside the grid.
    private func copyNeighbourhood(
        of source: UnsafePointer<Float>, height: Int, width: Int, channels: Int, row: Int, column: Int,
        to target: UnsafeMutablePointer<Float>
    ) {
        let reach = kernel / 2
        let (left, right) = (max(0, column - reach), min(width, column + reach + 1))
        let before = (left - (column - reach)) * channels
        let run = (right - left) * channels
        let line = kernel * channels
        for y in 0..<kernel {
            let place = target + y * line
            let at = row + y - reach
            guard at >= 0, at < height else {
                place.update(repeating: 0, count: line)
                continue
            }
            if before > 0 { place.update(repeating: 0, count: before) }
            (place + before).update(from: source + (at * width + left) * channels, count: run)
            if before + run < line { (place + before + run).update(repeating: 0, count: line - before - run) }
        }
    }
}
