/// Returns softmax(q kᵀ / √d) v for each head, in one pass over the keys: the matrix of weights is never
/// stored as a whole.
/// - Parameters:
///   - q: [B, N, C]
///   - k: [B, M, C], or [1, M, C] to serve every entry of the batch.
///   - v: the shape of `k`.
///   - heads: the number of parts that the channels are cut into; d = C / heads.
///   - causal: whether a query attends only to the keys up to its own place.
///   - scale: a factor above 0 instead of 1 / √d.
///   - precision: of both products.
/// - Returns: [B, N, C]
public func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool = false, scale: Float? = nil,
    precision: Tensor.Precision = .float32
) -> Tensor {
    let (batch, n, channels) = (q.shape[0], q.shape[1], q.shape[2])
    let m = k.shape[1]
    precondition(
        k.shape == v.shape && k.shape[2] == channels && (k.shape[0] == batch || k.shape[0] == 1)
            && channels % heads == 0,
        "attention of \(q.shape), \(k.shape), \(v.shape) with \(heads) heads")
    precondition(scale.map { $0 > 0 } ?? true, "attention with the scale \(scale ?? 0)")
    let d = channels / heads
    let keyBatch = k.shape[0] == 1 ? 0 : m * channels
    return q.withValues { q in
        k.withValues { k in
            v.withValues { v in
                Tensor(uninitialized: [batch, n, channels]) { target in
                    guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress,
                        let out = target.baseAddress
                    else { return }
                    let plan = AttentionPlan(
                        groups: batch * heads, queries: n, keys: m, channels: d, causal: causal,
                        precision: precision, scale: scale)
                    plan.run { group in
                        let (b, head) = (group / heads, group % heads)
                        let (first, start) = (b * n * channels + head * d, b * keyBatch + head * d)
                        return AttentionRows(
                            queries: (0..<n).map { q + first + $0 * channels },
                            keys: (0..<m).map { k + start + $0 * channels },
                            values: (0..<m).map { v + start + $0 * channels },
                            output: (0..<n).map { out + first + $0 * channels })
                    }
                }
            }
        }
    }
}

/// Returns softmax(q kᵀ / √d) v for each head, among the tokens whose queries, keys and values one product
/// wrote side by side.
/// - Parameters:
///   - qkv: [B, N, 3C], queries, keys and values of each token side by side.
///   - heads: the number of parts that C is cut into; d = C / heads.
///   - causal: whether a token attends only to those up to itself.
///   - precision: of both products.
/// - Returns: [B, N, C]
public func selfAttention(
    _ qkv: Tensor, heads: Int, causal: Bool = false, precision: Tensor.Precision = .float32
)
    -> Tensor
{
    let (batch, n, channels) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
    precondition(
        qkv.shape[2] == 3 * channels && channels % heads == 0,
        "self-attention of \(qkv.shape) with \(heads) heads")
    let d = channels / heads
    return qkv.withValues { source in
        Tensor(uninitialized: [batch, n, channels]) { target in
            guard let source = source.baseAddress, let out = target.baseAddress else { return }
            let plan = AttentionPlan(
                groups: batch * heads, queries: n, keys: n, channels: d, causal: causal, precision: precision)
            plan.run { group in
                let (b, head) = (group / heads, group % heads)
                let first = source + b * n * 3 * channels + head * d
                let rows = { (part: Int) in (0..<n).map { first + ($0 * 3 + part) * channels } }
                return AttentionRows(
                    queries: rows(0), keys: rows(1), values: rows(2),
                    output: (0..<n).map { out + (b * n + $0) * channels + head * d })
            }
        }
    }
}

/// Returns attention as PerSAM guides it, for each head: softmax(softmax(q kᵀ / √d) + guidance) v.
/// - Parameters:
///   - q: [B, N, C], few queries.
///   - k: [B, M, C], or [1, M, C] to serve every entry of the batch.
///   - v: the shape of `k`.
///   - heads: the number of parts that C is cut into; d = C / heads.
///   - guidance: [M], added to every query's weights before the second softmax (PerSAM, section 3.2).
/// - Returns: [B, N, C]
public func guidedAttention(_ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, guidance: Tensor) -> Tensor {
    let (batch, n, channels) = (q.shape[0], q.shape[1], q.shape[2])
    precondition(guidance.shape == [k.shape[1]], "guidance \(guidance.shape) for keys \(k.shape)")
    let d = channels / heads
    let scale = 1 / Float(d).squareRoot()
    // Puts heads first: [B, N, C] becomes [B · heads, N, d].
    func split(_ x: Tensor) -> Tensor {
        let parted = x.reshaped([x.shape[0], x.shape[1], heads, d]).transposed([0, 2, 1, 3])
        return parted.reshaped([x.shape[0] * heads, x.shape[1], d])
    }
    let (queries, keys, values) = (split(q), split(k), split(v))
    let outputs = (0..<batch * heads).map { group in
        let keyGroup = k.shape[0] == 1 ? group % heads : group
        let weights = softmax(
            matmul(queries[leading: group], keys[leading: keyGroup], transposed: true) * scale)
        return matmul(softmax(weights + guidance), values[leading: keyGroup])
    }
    return Tensor.stack(outputs).reshaped([batch, heads, n, d]).transposed([0, 2, 1, 3]).reshaped([
        batch, n, channels,
    ])
}
