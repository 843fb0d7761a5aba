import CSpanielKernels

/// The right-hand matrix of products, kept in the order and the precision the kernel reads: a layer's weight
/// is packed once, when it is loaded.
package struct PackedMatrix: Sendable {
    /// Columns of the product: the rows of the matrix as given.
    package let columns: Int
    /// The extent that a product sums over.
    package let inner: Int
    package let precision: Tensor.Precision
    let engine: ProductEngine
    /// Panels as the kernels' `pack_matrix` makes them, for our kernels; [columns, inner] for the others,
    /// rounded where the precision says so.
    let storage: Tensor

    /// - Parameter rows: [N, K], as the hub keeps a linear layer's weight.
    package init(rows matrix: Tensor, precision: Tensor.Precision = .float32) {
        self.init(rows: matrix, precision: precision, for: .serving(precision))
    }

    init(rows matrix: Tensor, precision: Tensor.Precision = .float32, for engine: ProductEngine) {
        precondition(matrix.shape.rank == 2, "a product's matrix is [N, K], not \(matrix.shape)")
        columns = matrix.shape[0]
        inner = matrix.shape[1]
        self.precision = precision
        self.engine = engine
        guard case .kernels(let kernels) = engine else {
            storage = precision == .float32 ? matrix.kept : matrix.map(Reference.bfloat16)
            return
        }
        let products = kernels.products(precision)
        let (n, k) = (columns, inner)
        storage = Profile.timed("packing [\(n), \(k)] \(precision)") {
            matrix.withValues { values in
                Tensor(uninitialized: [products.packedCount(columns: n, inner: k)]) { target in
                    guard let b = values.baseAddress, let packed = target.baseAddress else { return }
                    Parallel.blocks(of: products.panels(n), 8) { range in
                        products.pack_matrix(n, k, b, k, range.lowerBound, range.upperBound, packed)
                    }
                }
            }
        }
    }
}
