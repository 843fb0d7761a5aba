import CSpanielKernels

/// Attention between few tokens and many folds the projection of the many into the few, head by head, by the
/// associative law:
///
///     (Wq q)·(Wk k) = (Wkᵀ Wq q)·k        Σ w (Wv v) = Wv (Σ w v)
///
/// The many are then multiplied by heads × few columns instead of all inner channels, and their projection is
/// never stored. A bias of the keys adds the same to all scores of a query, which the softmax cancels.
extension MultiHeadAttention {
    /// How many times as many tokens the many have at least.
    private static let many = 16

    /// Returns the attention computed by folding.
    /// - Returns: nil if folding saves nothing (the sequences have similar lengths, or the short one is too
    ///   long), or if BLAS or the reference computes.
    func folded(_ q: Tensor, _ k: Tensor, _ v: Tensor, residual: Tensor?) -> Tensor? {
        guard case .kernels(let kernels) = output.weight.engine, let transposed, q.shape[0] == 1,
            k.shape[0] == 1
        else { return nil }
        let (n, m, inner) = (q.shape[1], k.shape[1], output.weight.inner)
        if m >= Self.many * n, n * heads <= inner, k.shape[2] <= AttentionPlan.mostChannels {
            return fewToMany(q, k, v, residual: residual, transposed.keys)
        }
        if n >= Self.many * m, m * heads <= 2 * inner, m <= softmaxMembers {
            return manyToFew(q, k, v, residual: residual, transposed.queries, kernels)
        }
        return nil
    }

    /// Computes one query for each token and head, as long as an unprojected key.
    private func fewToMany(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, residual: Tensor?, _ transposed: PackedMatrix
    ) -> Tensor {
        let vectors = linear(spread(queries(q)), transposed)
        let sums = attention(
            vectors.reshaped([1, vectors.shape[0], k.shape[2]]), k, v, heads: 1, scale: scale,
            precision: output.precision)
        return output(
            gathered(values(sums[leading: 0])).reshaped([1, q.shape[1], output.weight.inner]),
            residual: residual)
    }

    /// Computes the scores of all heads in one product and the weighted sums in another, with a softmax
    /// between.
    private func manyToFew(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, residual: Tensor?, _ transposed: PackedMatrix,
        _ kernels: Kernels
    ) -> Tensor {
        let m = k.shape[1]
        let keyed = spread(keys(k)) * scale
        let vectors = linear(keyed, transposed)
        let constants = queries.bias.map {
            matmul(keyed, $0.reshaped([1, $0.count]), transposed: true).reshaped([m * heads])
        }
        let answers = linear(spread(values(v)), output.weight)
        let precision = output.precision
        let first = FusedProducts.Half(
            weight: PackedMatrix(rows: vectors, precision: precision), bias: constants)
        let second = FusedProducts.Half(
            weight: PackedMatrix(rows: answers.transposed([1, 0]), precision: precision), bias: output.bias)
        let fused = FusedProducts(name: "attention of \(heads) heads to \(m)", first: first, second: second) {
            hidden, rows, stride in
            kernels.table.softmax_across(rows, m, heads, hidden, stride)
        }
        // As with an MLP, both ways give the same bits.
        return fused(q, residual: residual)
            ?? linear(
                softmax(linear(q, first.weight, bias: first.bias), groups: heads), second.weight,
                bias: second.bias, residual: residual)
    }

    private var scale: Float { 1 / (Float(output.weight.inner) / Float(heads)).squareRoot() }

    /// Repeats each token once for each head, with that head's channels and zeros in place of the others.
    /// - Parameter x: [1, N, inner].
    /// - Returns: [N · heads, inner].
    private func spread(_ x: Tensor) -> Tensor {
        let (n, inner) = (x.shape[1], x.shape[2])
        let d = inner / heads
        return x.withValues { values in
            Tensor(uninitialized: [n * heads, inner]) { target in
                target.update(repeating: 0)
                for row in 0..<n * heads {
                    for c in row % heads * d..<(row % heads + 1) * d {
                        target[row * inner + c] = values[row / heads * inner + c]
                    }
                }
            }
        }
    }

    /// Does the reverse of `spread`: takes from each head's row that head's channels.
    /// - Parameter x: [N · heads, inner].
    /// - Returns: [N, inner].
    private func gathered(_ x: Tensor) -> Tensor {
        let (n, inner) = (x.shape[0] / heads, x.shape[1])
        let d = inner / heads
        return x.withValues { values in
            Tensor(uninitialized: [n, inner]) { target in
                for token in 0..<n {
                    for c in 0..<inner {
                        target[token * inner + c] = values[(token * heads + c / d) * inner + c]
                    }
                }
            }
        }
    }
}

extension PackedMatrix {
    /// The same matrix with rows and columns exchanged, as the product of the identity with it.
    var transposed: PackedMatrix {
        let diagonal = Tensor(uninitialized: [inner, inner]) { target in
            target.update(repeating: 0)
            for i in 0..<inner { target[i * inner + i] = 1 }
        }
        return PackedMatrix(rows: linear(diagonal, self), precision: precision, for: engine)
    }
}
