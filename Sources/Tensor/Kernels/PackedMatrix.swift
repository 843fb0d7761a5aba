import CSpanielKernels

/// The right-hand matrix of products, in the order and the precision that the kernel reads. A layer packs its
/// weight once, when it is loaded.
package struct PackedMatrix: Sendable {
    /// The columns of the product, which are the rows of the matrix as given.
    package let columns: Int
    /// The extent that a product sums over.
    package let inner: Int
    /// The precision of products with it.
    package let precision: Tensor.Precision
    let engine: ProductEngine
    /// For our kernels the panels that `pack_matrix` makes; otherwise [columns, inner], rounded if the
    /// precision is bfloat16, and whole numbers if it is int8.
    let storage: Tensor
    /// The scales of the columns if the precision is int8 and the reference computes, else nil.
    let scales: [Float]?

    /// The most products of bytes, 255 · 127 at most, whose sum fits 32 bits; longer sums stay in floating
    /// precision.
    private static let mostWholeProducts = 66_000

    /// Packs a matrix for the engine that computes in `precision`.
    /// - Parameter rows: [N, K], as the hub stores a linear layer's weight.
    package init(rows matrix: Tensor, precision: Tensor.Precision = .float32) {
        self.init(rows: matrix, precision: precision, for: .serving(precision))
    }

    /// Packs a matrix for a given engine.
    init(rows matrix: Tensor, precision: Tensor.Precision = .float32, for engine: ProductEngine) {
        precondition(matrix.shape.rank == 2, "a product's matrix is [N, K], not \(matrix.shape)")
        columns = matrix.shape[0]
        inner = matrix.shape[1]
        let precision = inner > Self.mostWholeProducts ? precision.floating : precision
        self.precision = precision
        self.engine = engine
        guard case .kernels(let kernels) = engine else {
            if precision == .int8 {
                (storage, scales) = Reference.quantised(weight: matrix)
            } else {
                storage = precision == .float32 ? matrix.owned : matrix.map(Reference.bfloat16)
                scales = nil
            }
            return
        }
        scales = nil
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
