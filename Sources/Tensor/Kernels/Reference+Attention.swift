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
        let head = Head(
            queries: flat(queries, channels), keys: flat(keys, channels), values: flat(values, channels),
            channels: channels, scale: scale, precision: precision)
        for i in queries.indices {
            let seen = causal ? min(i + 1, keys.count) : keys.count
            var weights = (0..<seen).map { head.score(i, $0) + bias(i, $0) }
            let highest = weights.reduce(-.infinity, max)
            weights = weights.map { expf($0 - highest) }
            let total = weights.reduce(0, +)
            weights = weights.map { head.weight($0, total) }
            for c in 0..<channels {
                var sum: Float = 0
                for j in 0..<seen { sum += weights[j] * head.values[j * channels + c] }
                output[i][c] = sum * head.share(c, total)
            }
        }
    }

    private static func flat(_ rows: [Input], _ channels: Int) -> [Float] {
        rows.flatMap { UnsafeBufferPointer(start: $0, count: channels) }
    }

    /// What one head multiplies, rounded or quantised; queries, keys and values are [tokens, channels].
    private struct Head {
        let queries, keys, values: [Float]
        let channels: Int
        /// The products' factors, of each query, each key and each channel of the values.
        let factors: (queries: [Float], keys: [Float], values: [Float])
        let precision: Tensor.Precision

        /// The greatest whole number in int8.
        private static let most: Float = 4095

        /// In int8 queries and keys are quantised by tokens, values by channels.
        init(
            queries: [Float], keys: [Float], values: [Float], channels: Int, scale: Float,
            precision: Tensor.Precision
        ) {
            func tensor(_ rows: [Float]) -> Tensor { Tensor(rows, [rows.count / channels, channels]) }
            func ones(_ rows: [Float]) -> [Float] { [Float](repeating: 1, count: rows.count / channels) }
            (self.channels, self.precision) = (channels, precision)
            guard precision == .int8 else {
                let isRounded = precision == .bfloat16
                self.queries = isRounded ? queries.map(Reference.bfloat16) : queries
                self.keys = isRounded ? keys.map(Reference.bfloat16) : keys
                self.values = isRounded ? values.map(Reference.bfloat16) : values
                factors = (
                    ones(queries).map { $0 * scale }, ones(keys), [Float](repeating: 1, count: channels)
                )
                return
            }
            let q = Reference.quantised(weight: tensor(queries), most: Self.most)
            let k = Reference.quantised(weight: tensor(keys), most: Self.most)
            let v = Reference.quantised(weight: tensor(values).transposed([1, 0]), most: Self.most)
            self.queries = q.numbers.array
            self.keys = k.numbers.array
            self.values = v.numbers.transposed([1, 0]).array
            factors = (q.scales.map { $0 * scale }, k.scales, v.scales)
        }

        func score(_ query: Int, _ key: Int) -> Float {
            var sum: Float = 0
            for c in 0..<channels { sum += queries[query * channels + c] * keys[key * channels + c] }
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
