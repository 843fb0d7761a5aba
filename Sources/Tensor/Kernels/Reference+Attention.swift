import SpanielPlatform

extension Reference {
    /// Computes softmax(q kᵀ scale + bias) v for one head; `bias(query, key)` is what the relative position
    /// adds. A causal query attends to the keys up to its own place. In bfloat16, queries, keys, values and
    /// the weights of the sum are rounded first; in int8 they are quantised.
    package static func attention(
        queries: [Input], keys: [Input], values: [Input], channels: Int, scale: Float, causal: Bool = false,
        precision: Tensor.Precision = .float32,
        output: [Output],
        bias: (_ query: Int, _ key: Int) -> Float
    ) {
        func rows(_ pointers: [Input]) -> [[Float]] {
            pointers.map { Array(UnsafeBufferPointer(start: $0, count: channels)) }
        }
        let given = (queries: rows(queries), keys: rows(keys), values: rows(values))
        let head =
            switch precision {
            case .float32: Head(given.queries, given.keys, given.values, scale)
            case .bfloat16: Head(bfloat16: given.queries, given.keys, given.values, scale)
            case .int8: Head(int8: given.queries, given.keys, given.values, scale)
            }
        for i in queries.indices {
            let seen = causal ? min(i + 1, keys.count) : keys.count
            var weights = (0..<seen).map { head.score(i, $0) + bias(i, $0) }
            let highest = weights.reduce(-.infinity, max)
            weights = weights.map { expf($0 - highest) }
            let total = weights.reduce(0, +)
            weights = weights.map { head.weight($0, total) }
            for c in 0..<channels {
                let sum = weights.indices.reduce(0) { $0 + weights[$1] * head.values[$1][c] }
                output[i][c] = sum * head.share(c, total)
            }
        }
    }

    /// What one head multiplies, rounded or quantised.
    private struct Head {
        var queries, keys, values: [[Float]]
        /// The products' factors, of each query, each key and each channel of the values.
        var factors: (queries: [Float], keys: [Float], values: [Float])
        let precision: Tensor.Precision

        /// The greatest whole number in int8.
        private static let most: Float = 4095

        init(_ queries: [[Float]], _ keys: [[Float]], _ values: [[Float]], _ scale: Float) {
            (self.queries, self.keys, self.values, precision) = (queries, keys, values, .float32)
            factors = (
                queries.map { _ in scale }, keys.map { _ in 1 },
                [Float](repeating: 1, count: values.first?.count ?? 0)
            )
        }

        init(bfloat16 queries: [[Float]], _ keys: [[Float]], _ values: [[Float]], _ scale: Float) {
            let all = [queries, keys, values].map { $0.map { $0.map(Reference.bfloat16) } }
            let plain = Head(all[0], all[1], all[2], scale)
            (self.queries, self.keys, self.values, factors) = (all[0], all[1], all[2], plain.factors)
            precision = .bfloat16
        }

        /// Queries and keys are quantised by rows, values by channels.
        init(int8 queries: [[Float]], _ keys: [[Float]], _ values: [[Float]], _ scale: Float) {
            func quantised(_ rows: [[Float]]) -> (numbers: [[Float]], scales: [Float]) {
                let width = rows.first?.count ?? 0
                let (numbers, scales) = Reference.quantised(
                    weight: Tensor(rows.flatMap { $0 }, [rows.count, width]), most: Self.most)
                return (rows.indices.map { numbers[leading: $0].array }, scales)
            }
            let channels = (values.first ?? []).indices
            let (q, k) = (quantised(queries), quantised(keys))
            let v = quantised(channels.map { c in values.map { $0[c] } })
            (self.queries, self.keys) = (q.numbers, k.numbers)
            self.values = values.indices.map { row in channels.map { v.numbers[$0][row] } }
            factors = (q.scales.map { $0 * scale }, k.scales, v.scales)
            precision = .int8
        }

        func score(_ query: Int, _ key: Int) -> Float {
            let (q, k) = (queries[query], keys[key])
            let sum = q.indices.reduce(0) { $0 + q[$1] * k[$1] }
            return sum * factors.keys[key] * factors.queries[query]
        }

        /// What a power of the softmax weighs in a sum of values.
        func weight(_ power: Float, _ total: Float) -> Float {
            switch precision {
            case .float32: power / total
            case .bfloat16: Reference.bfloat16(power / total)
            case .int8: (power * Self.most).rounded(.toNearestOrEven)
            }
        }

        /// What a channel's sum of weighted values is multiplied by.
        func share(_ channel: Int, _ total: Float) -> Float {
            precision == .int8 ? factors.values[channel] / Self.most / total : 1
        }
    }
}
