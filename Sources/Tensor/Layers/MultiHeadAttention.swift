/// Attention with its projections, whose inner channels may be fewer than its outer ones:
///
///     Wo(softmax(Wq q (Wk k)ᵀ / √d) Wv v)
public struct MultiHeadAttention: Sendable {
    public let queries: Linear
    public let keys: Linear
    public let values: Linear
    public let output: Linear
    /// The parts that the inner channels are cut into.
    public let heads: Int

    /// Wqᵀ and Wkᵀ, for `folded`; nil where not our kernels compute.
    let transposed: (queries: PackedMatrix, keys: PackedMatrix)?

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

    /// - Parameters:
    ///   - q: [B, N, C].
    ///   - k: [B, M, C].
    ///   - v: [B, M, C].
    ///   - residual: what the result is added to, [B, N, C].
    /// - Returns: [B, N, C].
    public func callAsFunction(_ q: Tensor, _ k: Tensor, _ v: Tensor, residual: Tensor? = nil) -> Tensor {
        folded(q, k, v, residual: residual)
            ?? output(
                attention(queries(q), keys(k), values(v), heads: heads, precision: output.precision),
                residual: residual)
    }
}
