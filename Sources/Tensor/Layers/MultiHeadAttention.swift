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

    /// Wqᵀ and Wkᵀ, for `folded`.
    let queriesTransposed: PackedMatrix
    let keysTransposed: PackedMatrix

    public init(queries: Linear, keys: Linear, values: Linear, output: Linear, heads: Int) {
        self.queries = queries
        self.keys = keys
        self.values = values
        self.output = output
        self.heads = heads
        queriesTransposed = queries.weight.transposed
        keysTransposed = keys.weight.transposed
    }

    /// - Parameters:
    ///   - q: [B, N, C].
    ///   - k: [B, M, C].
    ///   - v: [B, M, C].
    ///   - residual: what the result is added to, [B, N, C].
    /// - Returns: [B, N, C].
    public func callAsFunction(_ q: Tensor, _ k: Tensor, _ v: Tensor, residual: Tensor? = nil) -> Tensor {
        folded(q, k, v, residual: residual) ?? output(attention(queries(q), keys(k), values(v), heads: heads), residual: residual)
    }
}
