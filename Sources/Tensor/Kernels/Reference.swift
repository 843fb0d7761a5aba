import SpanielPlatform

/// The naive twins of the kernels, which compute the same plainly. They document the kernels, test them, and
/// run if `SPANIEL_ISA=reference`. Matrices are row-major with a leading dimension, as in BLAS.
package enum Reference {
    package typealias Input = UnsafePointer<Float>
    package typealias Output = UnsafeMutablePointer<Float>

    /// Returns the nearest bfloat16, which is the first 16 bits of a Float, and of two equally near the even
    /// one.
    static func bfloat16(_ x: Float) -> Float {
        let bits = x.bitPattern
        return x.isNaN ? x : Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    }

    /// Returns rows of `channels` numbers, each rounded to bfloat16: [rows, channels].
    static func bfloat16(rows: [Input], channels: Int) -> Tensor {
        Tensor(uninitialized: [rows.count, channels]) { target in
            for (i, row) in rows.enumerated() {
                for c in 0..<channels { target[i * channels + c] = bfloat16(row[c]) }
            }
        }
    }

    /// Computes C[m, n] = activation(A[m, k] B[n, k]ᵀ + bias[n]) + residual[m, n].
    static func product(
        m: Int, n: Int, k: Int, a: Input, lda: Int, b: Input, ldb: Int, c: Output, ldc: Int,
        bias: Input? = nil,
        activation: Tensor.Activation = .identity, residual: Input? = nil, ldr: Int = 0
    ) {
        for i in 0..<m {
            for j in 0..<n {
                var sum: Float = 0
                for p in 0..<k { sum += a[i * lda + p] * b[j * ldb + p] }
                let y = activate(activation, sum + (bias?[j] ?? 0))
                c[i * ldc + j] = y + (residual?[i * ldr + j] ?? 0)
            }
        }
    }

    // MARK: int8

    /// What a number is whose magnitude is so small that the reciprocal of its row's scale overflows: zero.
    private static let leastRange: Float = 1e-36

    /// Quantises the rows of a weight: w ≈ scale · q with the least scale for which q is from -127 to 127. A row
    /// that is not finite gets the scale NaN.
    /// - Parameters:
    ///   - weight: [N, K].
    ///   - most: the greatest q, if it is not 127.
    /// - Returns: q, [N, K], and the scales, [N].
    package static func quantised(weight: Tensor, most: Float = 127) -> (numbers: Tensor, scales: [Float]) {
        let (n, k) = (weight.shape[0], weight.shape[1])
        var scales = [Float](repeating: 0, count: n)
        let numbers = weight.withValues { values in
            Tensor(uninitialized: [n, k]) { target in
                for j in 0..<n {
                    let row = values[j * k..<(j + 1) * k]
                    let peak = row.reduce(0) { max($0, $1.magnitude) }
                    let isFinite = row.allSatisfy(\.isFinite)
                    let isZero = !isFinite || peak < leastRange
                    scales[j] = isFinite ? isZero ? 0 : peak / most : .nan
                    for (p, x) in row.enumerated() {
                        target[j * k + p] = isZero ? 0 : (x * (most / peak)).rounded(.toNearestOrEven)
                    }
                }
            }
        }
        return (numbers, scales)
    }

    /// Quantises a row of what a layer reads: x ≈ scale · (u - zero) with u from 0 to 255, so that its least
    /// and its greatest number, or zero if that lies beyond them, fall on the ends.
    package static func quantised(
        row: UnsafeBufferPointer<Float>
    ) -> (numbers: [Int32], scale: Float, zero: Int32) {
        let low = row.reduce(0) { min($0, $1) }
        let high = row.reduce(0) { max($0, $1) }
        let range = high - low
        let nothing = [Int32](repeating: 0, count: row.count)
        guard row.allSatisfy(\.isFinite), range <= 3e38 else { return (nothing, .nan, 0) }
        guard range >= leastRange else { return (nothing, 0, 0) }
        let inverse = 255 / range
        func whole(_ x: Float) -> Int32 { Int32((x * inverse).rounded(.toNearestOrEven)) }
        let zero = whole(-low)
        return (row.map { min(255, whole($0) + zero) }, range / 255, zero)
    }

    /// Computes the product of rows that it quantises with a quantised weight: whole sums, which no order
    /// changes, and the scales, bias, activation and residual in float32, each rounded.
    package static func product(
        quantised b: Input, scales: [Float], m: Int, n: Int, k: Int, a: Input, lda: Int, c: Output, ldc: Int,
        bias: Input?, activation: Tensor.Activation, residual: Input?, ldr: Int
    ) {
        for i in 0..<m {
            let row = quantised(row: UnsafeBufferPointer(start: a + i * lda, count: k))
            for j in 0..<n {
                var (sum, weights): (Int32, Int32) = (0, 0)
                for p in 0..<k {
                    let q = Int32(b[j * k + p])
                    sum += row.numbers[p] * q
                    weights += q
                }
                var y = Float(sum - weights * row.zero) * row.scale * scales[j]
                y += bias?[j] ?? 0
                c[i * ldc + j] = activate(activation, y) + (residual?[i * ldr + j] ?? 0)
            }
        }
    }

    /// Computes y = (x - mean) / sqrt(variance + epsilon) · weight + bias over each row, with the biased
    /// variance.
    static func layerNorm(
        rows: Int, channels: Int, x: Input, weight: Input, bias: Input, epsilon: Float, y: Output
    ) {
        for r in 0..<rows {
            let row = x + r * channels
            let out = y + r * channels
            var mean: Float = 0
            for j in 0..<channels { mean += row[j] }
            mean /= Float(channels)
            var variance: Float = 0
            for j in 0..<channels { variance += (row[j] - mean) * (row[j] - mean) }
            let scale = 1 / (variance / Float(channels) + epsilon).squareRoot()
            for j in 0..<channels { out[j] = (row[j] - mean) * scale * weight[j] + bias[j] }
        }
    }

    /// Computes y = exp(x - max) divided by its sum, for each row.
    static func softmax(rows: Int, columns: Int, x: Input, y: Output) {
        for r in 0..<rows {
            let row = x + r * columns
            let out = y + r * columns
            var maximum = -Float.infinity
            for j in 0..<columns { maximum = max(maximum, row[j]) }
            var sum: Float = 0
            for j in 0..<columns {
                out[j] = expf(row[j] - maximum)
                sum += out[j]
            }
            for j in 0..<columns { out[j] /= sum }
        }
    }

    /// Computes in place, for each row x[members][groups], the softmax over the members of every group.
    static func softmaxAcross(rows: Int, members: Int, groups: Int, x: Output, ldx: Int) {
        var column = [Float](repeating: 0, count: members)
        for r in 0..<rows {
            for g in 0..<groups {
                let first = x + r * ldx + g
                for m in 0..<members { column[m] = first[m * groups] }
                column.withUnsafeMutableBufferPointer {
                    softmax(rows: 1, columns: members, x: Input($0.baseAddress!), y: $0.baseAddress!)
                }
                for m in 0..<members { first[m * groups] = column[m] }
            }
        }
    }

    /// Computes one row of a depthwise convolution of 3 × 3, y = activation(Σ row[x + k] · weight[k] + bias)
    /// for each channel: `rows` are above, middle and below, each [width, channels]; what is nil or lies beyond
    /// a row's ends is zero, and result i has its middle at the cell first + i · stride.
    static func depthwise(
        rows: [Input?], width: Int, first: Int, stride: Int, weight: Input, bias: Input,
        activation: Tensor.Activation, columns: Int, channels: Int, y: Output
    ) {
        for i in 0..<columns {
            for c in 0..<channels {
                var sum = bias[c]
                for (line, row) in rows.enumerated() {
                    for x in 0..<3 {
                        let at = first + i * stride + x - 1
                        guard let row, at >= 0, at < width else { continue }
                        sum += row[at * channels + c] * weight[(3 * line + x) * channels + c]
                    }
                }
                y[i * channels + c] = activate(activation, sum)
            }
        }
    }

    static func exponential(_ x: Float) -> Float { expf(x) }
    static func errorFunction(_ x: Float) -> Float { erff(x) }
    static func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

    /// Returns the activation of x; GELU is x Φ(x) by the error function, not its tanh approximation.
    static func activate(_ activation: Tensor.Activation, _ x: Float) -> Float {
        switch activation {
        case .identity: x
        case .relu: x > 0 ? x : 0
        case .gelu: 0.5 * x * (1 + erff(x * 0.70710678))
        case .quickGELU: x / (1 + expf(-1.702 * x))
        case .silu: x / (1 + expf(-x))
        }
    }
}
