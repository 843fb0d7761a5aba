#if OpenBLAS && canImport(CSpanielBLAS)
    import CSpanielBLAS
#elseif canImport(Accelerate)
    package import Accelerate
#endif
import SpanielPlatform

/// What computes matrix products. Our AVX-512 and AVX2 kernels are at least as fast as OpenBLAS's and apply
/// bias, activation and residual in the same pass, so OpenBLAS (Accelerate on Apple platforms) computes only
/// where our kernels are the baseline. `SPANIEL_PRODUCT` (`kernels` or `blas`) forces one, for tests and
/// comparisons.
enum ProductEngine: Sendable {
    case kernels(Kernels)
    case blas
    case reference

    static let current: ProductEngine = {
        let asked = getenv("SPANIEL_PRODUCT").map { String(cString: $0) }
        guard let kernels = Kernels.current else { return .reference }
        let forcedSet = getenv("SPANIEL_ISA") != nil
        let prefersBLAS =
            asked == "blas" || (asked != "kernels" && InstructionSet.current <= .dotprod && !forcedSet)
        return prefersBLAS && BLAS.isThere ? .blas : .kernels(kernels)
    }()

    /// Returns the engine for a precision: our kernels for all but float32, which no BLAS computes.
    static func serving(_ precision: Tensor.Precision) -> ProductEngine {
        guard case .blas = current, precision != .float32, let kernels = Kernels.current else {
            return current
        }
        return .kernels(kernels)
    }
}

/// The system's BLAS, if there is one. It runs in the calling thread, because `Parallel` shares out the rows.
package enum BLAS {
    #if OpenBLAS && canImport(CSpanielBLAS)
        /// Whether there is a BLAS.
        package static let isThere = spaniel_blas_load()
    #elseif canImport(Accelerate)
        /// Whether there is a BLAS.
        package static let isThere = true
    #else
        /// Whether there is a BLAS.
        package static let isThere = false
    #endif

    /// Whether BLAS computes the products of float32.
    package static var serves: Bool { if case .blas = ProductEngine.current { true } else { false } }

    /// Computes C[m, n] = A[m, k] B[n, k]ᵀ.
    static func product(
        m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int,
        c: UnsafeMutablePointer<Float>,
        ldc: Int
    ) {
        #if OpenBLAS && canImport(CSpanielBLAS)
            spaniel_blas_product(.init(m), .init(n), .init(k), a, .init(lda), b, .init(ldb), c, .init(ldc))
        #elseif canImport(Accelerate)
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, .init(m), .init(n), .init(k), 1, a, .init(lda), b,
                .init(ldb), 0, c, .init(ldc))
        #else
            Reference.product(m: m, n: n, k: k, a: a, lda: lda, b: b, ldb: ldb, c: c, ldc: ldc)
        #endif
    }
}
