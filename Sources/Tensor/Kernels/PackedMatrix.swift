import CSpanielKernels

/// The right-hand matrix of products, kept in the order the kernel reads it: a layer's weight is packed once, when it is loaded.
package struct PackedMatrix: Sendable {
    /// Columns of the product: the rows of the matrix as given.
    package let columns: Int
    /// The extent that a product sums over.
    package let inner: Int
    let engine: ProductEngine
    /// Panels of `Kernels.columns` columns, [panel][inner][columns], for our kernels; [columns, inner] for the others.
    let storage: Tensor

    /// - Parameter rows: [N, K], as the hub keeps a linear layer's weight.
    package init(rows matrix: Tensor) { self.init(rows: matrix, for: .current) }

    init(rows matrix: Tensor, for engine: ProductEngine) {
        precondition(matrix.shape.rank == 2, "a product's matrix is [N, K], not \(matrix.shape)")
        columns = matrix.shape[0]
        inner = matrix.shape[1]
        self.engine = engine
        guard case .kernels(let kernels) = engine else {
            storage = matrix
            return
        }
        let (n, k) = (columns, inner)
        let panels = kernels.panels(n)
        storage = matrix.withValues { values in
            Tensor(uninitialized: [panels * kernels.columns * k]) { target in
                guard let b = values.baseAddress, let packed = target.baseAddress else { return }
                Parallel.blocks(of: panels, 8) { range in
                    kernels.table.pack_matrix(n, k, b, k, range.lowerBound, range.upperBound, packed)
                }
            }
        }
    }
}
