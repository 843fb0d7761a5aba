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
        let (n, k) = (matrix.shape[0], matrix.shape[1])
        (columns, inner) = (n, k)
        let precision = Self.suiting(precision, inner: k)
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
        storage = Profile.timed("packing [\(n), \(k)] \(precision)") {
            matrix.withValues { values in
                Tensor(uninitialized: [products.packedCount(columns: n, inner: k)]) { target in
                    guard let b = values.baseAddress, let packed = target.baseAddress else { return }
                    // The kernels leave what is beyond a narrow last panel, and files shall not hold old memory.
                    let whole = n / Int(products.columns) * Int(products.columns)
                    let written = products.packedCount(columns: whole, inner: k)
                    target[written...].update(repeating: 0)
                    Parallel.blocks(of: products.panels(n), 8) { range in
                        products.pack_matrix(n, k, b, k, range.lowerBound, range.upperBound, packed)
                    }
                }
            }
        }
    }

    private static func suiting(_ precision: Tensor.Precision, inner: Int) -> Tensor.Precision {
        inner > mostWholeProducts ? precision.floating : precision
    }
}

// MARK: - Kept matrices

extension PackedMatrix {
    /// Returns the shape of a packed matrix's storage if that is all there is to it; nil where the reference
    /// computes.
    static func memory(_ shape: Tensor.Shape, precision: Tensor.Precision) -> Tensor.Shape? {
        switch ProductEngine.serving(precision) {
        case .kernels(let kernels):
            let products = kernels.products(suiting(precision, inner: shape[1]))
            return [products.packedCount(columns: shape[0], inner: shape[1])]
        case .blas: return shape
        case .reference: return nil
        }
    }

    /// Takes what a matrix was packed to, for the engine that computes in `precision`.
    /// - Parameters:
    ///   - shape: the matrix's, [N, K].
    ///   - storage: of the shape that `memory` returns.
    init(_ shape: Tensor.Shape, precision: Tensor.Precision, storage: Tensor) {
        (columns, inner) = (shape[0], shape[1])
        self.precision = Self.suiting(precision, inner: inner)
        engine = .serving(precision)
        self.storage = storage
        scales = nil
    }
}
