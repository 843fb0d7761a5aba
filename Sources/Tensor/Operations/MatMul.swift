import CSpanielKernels

/// Returns activation(x Wᵀ + b) + residual, and applies what follows the sums while they are in the cache.
/// - Parameters:
///   - x: [..., K]
///   - weight: [N, K], packed.
///   - bias: [N]
///   - residual: [..., N], the result's shape.
/// - Returns: [..., N]
package func linear(
    _ x: Tensor, _ weight: PackedMatrix, bias: Tensor? = nil, activation: Tensor.Activation = .identity,
    residual: Tensor? = nil
) -> Tensor {
    precondition(x.shape[-1] == weight.inner, "linear: \(x.shape) times [\(weight.columns), \(weight.inner)]")
    let shape = Tensor.Shape(x.shape.extents.dropLast() + [weight.columns])
    precondition(
        bias.map { $0.shape == [weight.columns] } ?? true,
        "linear: bias \(bias!.shape) for \(weight.columns) columns")
    precondition(
        residual.map { $0.shape == shape } ?? true, "linear: residual \(residual!.shape) for \(shape)")
    return withExtendedLifetime((x, bias, residual)) {
        Tensor(uninitialized: shape) { target in
            guard let c = target.baseAddress else { return }
            Product(
                rows: target.count / max(1, weight.columns), a: x.pointer, lda: weight.inner, weight: weight,
                c: c, ldc: weight.columns,
                bias: bias?.pointer, activation: activation, residual: residual?.pointer
            ).run()
        }
    }
}

/// Returns the matrix product over the last two axes, for each index of the leading axes, which must agree if
/// both have them.
/// - Parameters:
///   - a: [..., M, K]
///   - b: [..., K, N], or [..., N, K] if `transposed`; without leading axes it is used for every matrix of
///     `a`.
///   - transposed: whether `b` holds its columns as rows.
/// - Returns: [..., M, N]
public func matmul(_ a: Tensor, _ b: Tensor, transposed: Bool = false) -> Tensor {
    precondition(a.shape.rank >= 2 && b.shape.rank >= 2, "matmul of \(a.shape) and \(b.shape)")
    let k = a.shape[-1]
    let n = transposed ? b.shape[-2] : b.shape[-1]
    precondition(
        (transposed ? b.shape[-1] : b.shape[-2]) == k,
        "matmul of \(a.shape) and \(b.shape), transposed: \(transposed)")
    let rows = { (matrix: Tensor) in PackedMatrix(rows: transposed ? matrix : matrix.transposed([1, 0])) }
    if b.shape.rank == 2 { return transposed ? fewRows(a, b) ?? linear(a, rows(b)) : linear(a, rows(b)) }
    let leading = a.shape.extents.dropLast(2)
    precondition(leading == b.shape.extents.dropLast(2), "matmul of \(a.shape) and \(b.shape)")
    let batch = leading.reduce(1, *)
    let flatA = a.reshaped([batch, a.shape[-2], k])
    let flatB = b.reshaped([batch, b.shape[-2], b.shape[-1]])
    let products = (0..<batch).map { linear(flatA[leading: $0], rows(flatB[leading: $0])) }
    return Tensor.stack(products).reshaped(Tensor.Shape(leading + [a.shape[-2], n]))
}

/// Multiplies few rows by many, and packs the many some at a time, in a cache, as they are needed only once.
/// - Returns: nil if packing the whole matrix is as good, or if BLAS or the reference computes.
private func fewRows(_ a: Tensor, _ b: Tensor) -> Tensor? {
    let (k, n) = (b.shape[1], b.shape[0])
    let m = a.count / max(1, k)
    guard case .kernels(let table) = ProductEngine.serving(.float32), m <= 16, n >= 1024, k > 0 else {
        return nil
    }
    let kernels = table.products(.float32)
    let block = 8 * Int(kernels.columns)
    let productScratch = (Int(kernels.product_scratch) + 15) / 16 * 16
    return Profile.timed(
        "product [\(m), \(k)] × [\(k), \(n)] \(Tensor.Precision.float32), not packed before",
        operations: 2 * m * k * n
    ) {
        withExtendedLifetime((a, b)) {
            Tensor(uninitialized: Tensor.Shape(a.shape.extents.dropLast() + [n])) { target in
                guard let c = target.baseAddress else { return }
                Parallel.run((n + block - 1) / block, scratch: productScratch + block * k) { task, scratch in
                    let first = task * block
                    let count = min(block, n - first)
                    let panels = kernels.panels(count)
                    kernels.pack_matrix(
                        count, k, b.pointer + first * k, k, 0, panels, scratch + productScratch)
                    var product = spaniel_product(
                        m: m, n: count, k: k, a: a.pointer, lda: k, packed: scratch + productScratch,
                        c: c + first, ldc: n, bias: nil,
                        residual: nil, ldr: 0, activation: Tensor.Activation.identity.kernel, panel_begin: 0,
                        panel_end: panels, scratch: scratch)
                    kernels.product(&product)
                }
            }
        }
    }
}

/// One product, cut into blocks of rows and groups of panels. Each element is one sum over the inner extent
/// in order, so the cut changes no bit.
struct Product {
    let rows: Int
    let a: UnsafePointer<Float>
    let lda: Int
    let weight: PackedMatrix
    let c: UnsafeMutablePointer<Float>
    let ldc: Int
    let bias: UnsafePointer<Float>?
    let activation: Tensor.Activation
    let residual: UnsafePointer<Float>?

    /// The tasks for each thread: enough that threads end together, and few, as each copies its rows of A
    /// again.
    private static let tasksEach = 8

    func run() {
        Profile.timed(
            "product [\(rows), \(weight.inner)] × [\(weight.inner), \(weight.columns)] \(weight.precision)",
            operations: 2 * rows * weight.inner * weight.columns
        ) {
            switch weight.engine {
            case .kernels(let kernels): run(kernels.products(weight.precision))
            case .blas: runBLAS()
            case .reference: runReference()
            }
        }
    }

    private func run(_ kernels: spaniel_products) {
        let panels = kernels.panels(weight.columns)
        let rowBlock = Int(kernels.row_block)
        let blocks = (rows + rowBlock - 1) / rowBlock
        let groups =
            blocks == 0
            ? 0 : max(1, min((Self.tasksEach * Parallel.threads + blocks - 1) / blocks, panels / 8))
        Parallel.run(blocks * groups, scratch: Int(kernels.product_scratch)) { task, scratch in
            let (block, group) = (task / groups, task % groups)
            run(
                rows: block * rowBlock..<min(rows, (block + 1) * rowBlock),
                panels: panels * group / groups..<panels * (group + 1) / groups,
                kernels,
                scratch: scratch)
        }
    }

    /// Computes the whole product, or some panels of columns, in the calling thread.
    func runHere(_ kernels: spaniel_products, panels: Range<Int>? = nil, scratch: UnsafeMutablePointer<Float>)
    {
        run(rows: 0..<rows, panels: panels ?? 0..<kernels.panels(weight.columns), kernels, scratch: scratch)
    }

    private func run(
        rows: Range<Int>, panels: Range<Int>, _ kernels: spaniel_products,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let first = rows.lowerBound
        weight.storage.withValues { packed in
            var product = spaniel_product(
                m: rows.count, n: weight.columns, k: weight.inner, a: a + first * lda, lda: lda,
                packed: packed.baseAddress,
                c: c + first * ldc, ldc: ldc, bias: bias, residual: residual.map { $0 + first * ldc },
                ldr: ldc,
                activation: activation.kernel, panel_begin: panels.lowerBound, panel_end: panels.upperBound,
                scratch: scratch)
            kernels.product(&product)
        }
    }

    /// Lets BLAS multiply a block of rows, then applies what follows the sums while they are in the cache.
    private func runBLAS() {
        let n = weight.columns
        weight.storage.withValues { values in
            guard let b = values.baseAddress, let kernels = Kernels.current else { return }
            Parallel.blocks(of: rows, 128) { range in
                let count = range.count
                let out = c + range.lowerBound * ldc
                BLAS.product(
                    m: count, n: n, k: weight.inner, a: a + range.lowerBound * lda, lda: lda, b: b,
                    ldb: weight.inner, c: out, ldc: ldc)
                if let bias { kernels.table.combine(0, count * n, n, out, bias, out) }
                if activation != .identity { kernels.table.activate(count * n, activation.kernel, out, out) }
                if let residual {
                    kernels.table.combine(
                        0, count * n, count * n, out, residual + range.lowerBound * ldc, out)
                }
            }
        }
    }

    private func runReference() {
        weight.storage.withValues { values in
            guard let b = values.baseAddress else { return }
            Parallel.blocks(of: rows, 16) { range in
                let first = a + range.lowerBound * lda
                func run(_ a: UnsafePointer<Float>, lda: Int) {
                    Reference.product(
                        m: range.count, n: weight.columns, k: weight.inner, a: a, lda: lda, b: b,
                        ldb: weight.inner,
                        c: c + range.lowerBound * ldc, ldc: ldc, bias: bias, activation: activation,
                        residual: residual.map { $0 + range.lowerBound * ldc }, ldr: ldc)
                }
                if let scales = weight.scales {
                    return Reference.product(
                        quantised: b, scales: scales, m: range.count, n: weight.columns, k: weight.inner,
                        a: first, lda: lda, c: c + range.lowerBound * ldc, ldc: ldc, bias: bias,
                        activation: activation, residual: residual.map { $0 + range.lowerBound * ldc },
                        ldr: ldc)
                }
                // The weight was rounded when it was packed.
                guard weight.precision == .bfloat16 else { return run(first, lda: lda) }
                Reference.bfloat16(rows: (0..<range.count).map { first + $0 * lda }, channels: weight.inner)
                    .withValues {
                        if let a = $0.baseAddress { run(a, lda: weight.inner) }
                    }
            }
        }
    }
}
