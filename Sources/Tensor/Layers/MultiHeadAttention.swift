/// Attention with its four projections, whose inner channels may be fewer than the outer ones:
///
///     Wo(softmax(Wq q (Wk k)ᵀ / √d) Wv v)
public struct MultiHeadAttention: Sendable {
    /// Wq, from C to the inner channels.
    public let queries: Linear
    /// Wk, from C to the inner channels.
    public let keys: Linear
    /// Wv, from C to the inner channels.
    public let values: Linear
    /// Wo, from the inner channels to C.
    public let output: Linear
    /// The number of parts that the inner channels are cut into; d is the channels of one.
    public let heads: Int

    /// Wqᵀ and Wkᵀ, for `folded`; nil if BLAS or the reference computes.
    let transposed: (queries: PackedMatrix, keys: PackedMatrix)?

    /// Creates attention from its projections; `heads` divides the inner channels.
    public init(queries: Linear, keys: Linear, values: Linear, output: Linear, heads: Int) {
        precondition(
            output.weight.inner % heads == 0,
            "attention of \(output.weight.inner) channels with \(heads) heads")
        self.queries = queries
        self.keys = keys
        self.values = values
        self.output = output
        self.heads = heads
        if case .kernels = output.weight.engine {
            transposed = (queries.weight.transposed, keys.weight.transposed)
        } else {
            transposed = nil
        }
    }

    /// Returns what each query's tokens attend to.
    /// - Parameters:
    ///   - q: [B, N, C].
    ///   - k: [B, M, C].
    ///   - v: [B, M, C].
    ///   - residual: [B, N, C], added last.
    /// - Returns: [B, N, C].
    public func callAsFunction(_ q: Tensor, _ k: Tensor, _ v: Tensor, residual: Tensor? = nil) -> Tensor {
        folded(q, k, v, residual: residual)
            ?? output(
                attention(queries(q), keys(k), values(v), heads: heads, precision: output.precision),
                residual: residual)
    }
}
