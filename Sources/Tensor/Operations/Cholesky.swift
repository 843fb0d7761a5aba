/// The factor of a symmetric positive definite matrix, A = L Lᵀ with L lower triangular, in double precision.
///
/// It is ours because LAPACK would bring little: see `logisticRegression` for the sizes and the measured times.
package struct Cholesky: Sendable {
    /// The number of rows.
    package let size: Int
    /// L, row by row; what stands above the diagonal is not read.
    private var factor: [Double]

    /// Factors a matrix, of which only the lower triangle is read:
    ///
    ///     Lᵢⱼ = (Aᵢⱼ - Σₖ Lᵢₖ Lⱼₖ) / Lⱼⱼ, k < j < i
    ///     Lᵢᵢ = √(Aᵢᵢ - Σₖ Lᵢₖ²), k < i
    ///
    /// - Parameter matrix: [size, size], row-major.
    /// - Returns: nil if the matrix is not positive definite, or not of finite numbers.
    package init?(_ matrix: [Double], size: Int) {
        precondition(matrix.count == size * size, "\(matrix.count) numbers are no square of \(size)")
        self.size = size
        factor = matrix
        for i in 0..<size {
            for j in 0..<i {
                let sum = factor[i * size + j] - dot(i * size, j * size, count: j)
                factor[i * size + j] = sum / factor[j * size + j]
            }
            let square = factor[i * size + i] - dot(i * size, i * size, count: i)
            guard square > 0, square.isFinite else { return nil }
            factor[i * size + i] = square.squareRoot()
        }
    }

    /// Returns the x for which A x = b.
    package func solve(_ b: [Double]) -> [Double] {
        precondition(b.count == size, "\(b.count) numbers for a matrix of \(size)")
        var x = b
        // L y = b from the first row down, Lᵀ x = y from the last up, column by column of Lᵀ.
        for i in 0..<size {
            var sum = x[i]
            for k in 0..<i { sum -= factor[i * size + k] * x[k] }
            x[i] = sum / factor[i * size + i]
        }
        for i in (0..<size).reversed() {
            x[i] /= factor[i * size + i]
            for k in 0..<i { x[k] -= factor[i * size + k] * x[i] }
        }
        return x
    }

    /// The product of the beginnings of two rows; eight sums side by side, added up in a fixed order.
    private func dot(_ a: Int, _ b: Int, count: Int) -> Double {
        factor.withUnsafeBufferPointer { values in
            var sums = SIMD8<Double>.zero
            let whole = count & ~7
            for k in stride(from: 0, to: whole, by: 8) {
                var (x, y) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
                for l in 0..<8 {
                    x[l] = values[a + k + l]
                    y[l] = values[b + k + l]
                }
                sums += x * y
            }
            var sum = sums.sum()
            for k in whole..<count { sum += values[a + k] * values[b + k] }
            return sum
        }
    }
}
