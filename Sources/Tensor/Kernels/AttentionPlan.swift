import CSpanielKernels
import SpanielPlatform

/// The addresses of one head's queries, keys, values and results, one for each token.
struct AttentionRows {
    var queries: [UnsafePointer<Float>] = []
    var keys: [UnsafePointer<Float>] = []
    var values: [UnsafePointer<Float>] = []
    var output: [UnsafeMutablePointer<Float>] = []
    /// The row-major place of each query in its window.
    var positions: [Int32] = []
    /// The head's biases, one row for each place in the window.
    var biases: UnsafePointer<Float>?

    /// Creates empty lists with room for `capacity` tokens.
    init(capacity: Int) {
        queries.reserveCapacity(capacity)
        keys.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
        output.reserveCapacity(capacity)
        positions.reserveCapacity(capacity)
    }

    init(
        queries: [UnsafePointer<Float>], keys: [UnsafePointer<Float>], values: [UnsafePointer<Float>],
        output: [UnsafeMutablePointer<Float>]
    ) {
        (self.queries, self.keys, self.values, self.output) = (queries, keys, values, output)
    }
}

/// Attention of many groups, each a head of a window or of a picture, cut into tasks by its shape alone.
struct AttentionPlan {
    /// The number of groups.
    let groups: Int
    /// The most queries of a group.
    let queries: Int
    /// The keys of a group.
    let keys: Int
    /// The channels of one head.
    let channels: Int
    var positions: RelativePositions?
    var biases: WindowBiases?
    /// Whether a query attends only to the keys up to its own place.
    var causal = false
    /// Of the products.
    var precision = Tensor.Precision.float32
    /// The factor of the products of queries and keys; 1 / √channels if nil.
    var scale: Float?

    /// The most channels of a head that fit the kernel's fixed space.
    static let mostChannels = Int(SPANIEL_HEAD_CHANNELS)
    /// The queries of a task if a group has many: several of the kernel's blocks.
    private static let chunk = 448
    /// The keys of a task if there are few groups of few queries.
    private static let keyChunk = 512

    /// What the products are computed in.
    private var multiplied: Tensor.Precision { precision.attention(channels: channels) }

    private var scaling: Float { scale ?? 1 / Float(channels).squareRoot() }

    /// Computes all groups; `rows` gives the addresses of one, on any thread.
    func run(rows: (_ group: Int) -> AttentionRows) {
        Profile.timed(
            "attention \(groups) × [\(queries), \(keys)] × \(channels)"
                + "\(positions == nil ? "" : " with positions")\(biases == nil ? "" : " with biases")"
                + " \(multiplied)",
            operations: 4 * groups * queries * keys * channels
        ) { share(rows) }
    }

    private func share(_ rows: (_ group: Int) -> AttentionRows) {
        let precision = multiplied
        // The positions of grids of up to 512 cells a side fit the kernel's fixed space.
        guard let table = Kernels.current, channels <= Self.mostChannels,
            (positions?.reversed.shape[0] ?? 0) <= 2016
        else {
            return Parallel.run(groups) { runReference(rows($0), precision) }
        }
        let kernels = table.products(precision)
        let packedKeys = kernels.packedKeysCount(keys, channels: channels)
        let packedValues = kernels.packedValuesCount(keys, channels: channels)
        let space = Int(kernels.attention_scratch)
        if groups < 8, queries <= Self.chunk, keys > 1024, positions == nil, biases == nil, !causal {
            return shareKeys(rows, kernels)
        }
        if keys <= 1024 || queries <= Self.chunk {
            Parallel.run(groups, scratch: space + packedKeys + packedValues) { group, scratch in
                let rows = rows(group)
                pack(rows, kernels, keys: scratch + space, values: scratch + space + packedKeys)
                run(
                    kernels, rows, 0..<rows.queries.count, scratch + space, scratch + space + packedKeys,
                    scratch: scratch)
            }
            return
        }
        // With many keys, pack each group once, then share out its queries.
        let packed = Storage(count: groups * (packedKeys + packedValues))
        let found = (0..<groups).map(rows)
        let at = { (group: Int) in packed.base + group * (packedKeys + packedValues) }
        Parallel.run(groups) { pack(found[$0], kernels, keys: at($0), values: at($0) + packedKeys) }
        let chunks = (queries + Self.chunk - 1) / Self.chunk
        Parallel.run(groups * chunks, scratch: space) { task, scratch in
            let (group, chunk) = (task / chunks, task % chunks)
            let count = found[group].queries.count
            let range = min(count, chunk * Self.chunk)..<min(count, (chunk + 1) * Self.chunk)
            run(kernels, found[group], range, at(group), at(group) + packedKeys, scratch: scratch)
        }
        withExtendedLifetime(packed) {}
    }

    /// Cuts each group's keys into parts and combines the parts' answers, weighted by the sum of the powers
    /// behind each.
    private func shareKeys(_ rows: (_ group: Int) -> AttentionRows, _ kernels: spaniel_products) {
        let packedKeys = kernels.packedKeysCount(Self.keyChunk, channels: channels)
        let packedValues = kernels.packedValuesCount(Self.keyChunk, channels: channels)
        let space = Int(kernels.attention_scratch)
        let parts = (keys + Self.keyChunk - 1) / Self.keyChunk
        let found = (0..<groups).map(rows)
        // For every group and part: [queries, channels], then the queries' maxima and totals.
        let each = queries * (channels + 2)
        let answers = Storage(count: groups * parts * each)
        Parallel.run(groups * parts, scratch: space + packedKeys + packedValues) { task, scratch in
            let (group, part) = (task / parts, task % parts)
            let given = found[group]
            let range = part * Self.keyChunk..<min(keys, (part + 1) * Self.keyChunk)
            let answer = answers.base + task * each
            let rows = AttentionRows(
                queries: given.queries, keys: Array(given.keys[range]), values: Array(given.values[range]),
                output: given.queries.indices.map { answer + $0 * channels })
            pack(rows, kernels, keys: scratch + space, values: scratch + space + packedKeys)
            run(
                kernels, rows, 0..<given.queries.count, scratch + space, scratch + space + packedKeys,
                maxima: answer + queries * channels, totals: answer + queries * (channels + 1),
                scratch: scratch)
        }
        Parallel.run(groups) { group in
            let answers = answers.base + group * parts * each
            for (query, out) in found[group].output.enumerated() {
                let maximum = { answers[$0 * each + queries * channels + query] }
                let highest = (0..<parts).reduce(-Float.infinity) { max($0, maximum($1)) }
                let shares = (0..<parts).map {
                    exp2f(maximum($0) - highest) * answers[$0 * each + queries * (channels + 1) + query]
                }
                let total = shares.reduce(0, +)
                out.update(repeating: 0, count: channels)
                for (part, share) in shares.enumerated() {
                    let answer = answers + part * each + query * channels
                    for c in 0..<channels { out[c] += answer[c] * (share / total) }
                }
            }
        }
        withExtendedLifetime(answers) {}
    }

    private func pack(
        _ rows: AttentionRows, _ kernels: spaniel_products, keys: UnsafeMutablePointer<Float>,
        values: UnsafeMutablePointer<Float>
    ) {
        rows.keys.withUnsafeBufferPointer { list in
            list.withMemoryRebound(to: UnsafePointer<Float>?.self) {
                kernels.pack_rows(list.count, channels, $0.baseAddress, keys)
            }
        }
        rows.values.withUnsafeBufferPointer { list in
            list.withMemoryRebound(to: UnsafePointer<Float>?.self) {
                kernels.pack_values(list.count, channels, $0.baseAddress, values)
            }
        }
    }

    private func run(
        _ kernels: spaniel_products, _ rows: AttentionRows, _ range: Range<Int>,
        _ packedKeys: UnsafePointer<Float>,
        _ packedValues: UnsafePointer<Float>, maxima: UnsafeMutablePointer<Float>? = nil,
        totals: UnsafeMutablePointer<Float>? = nil,
        scratch: UnsafeMutablePointer<Float>
    ) {
        guard !range.isEmpty else { return }
        rows.queries.withUnsafeBufferPointer { queries in
            rows.output.withUnsafeBufferPointer { output in
                rows.positions.withUnsafeBufferPointer { places in
                    withPackedPositions { table in
                        queries.withMemoryRebound(to: UnsafePointer<Float>?.self) { queries in
                            output.withMemoryRebound(to: UnsafeMutablePointer<Float>?.self) { output in
                                var job = spaniel_attention(
                                    queries: range.count, keys: rows.keys.count, channels: channels,
                                    query_rows: queries.baseAddress.map { $0 + range.lowerBound },
                                    output_rows: output.baseAddress.map { $0 + range.lowerBound },
                                    packed_keys: packedKeys,
                                    packed_values: packedValues, scale: scaling, causal: causal ? 1 : 0,
                                    first_query: range.lowerBound,
                                    packed_positions: table,
                                    grid_height: positions?.gridHeight ?? 0,
                                    grid_width: positions?.gridWidth ?? 0,
                                    query_positions: places.baseAddress.map {
                                        $0 + (places.isEmpty ? 0 : range.lowerBound)
                                    },
                                    biases: rows.biases, bias_stride: biases?.stride ?? 0,
                                    maxima: maxima, totals: totals, scratch: scratch)
                                kernels.attention(&job)
                            }
                        }
                    }
                }
            }
        }
    }

    private func withPackedPositions(_ body: (UnsafePointer<Float>?) -> Void) {
        guard let positions else { return body(nil) }
        positions.packed.storage.withValues { body($0.baseAddress) }
    }

    private func runReference(_ rows: AttentionRows, _ precision: Tensor.Precision) {
        let isRounded = precision == .bfloat16
        let table = isRounded ? positions?.reversed.map(Reference.bfloat16) : positions?.reversed
        let queries = isRounded ? Reference.bfloat16(rows: rows.queries, channels: channels) : nil
        Reference.attention(
            queries: rows.queries, keys: rows.keys, values: rows.values, channels: channels, scale: scaling,
            causal: causal,
            precision: precision,
            output: rows.output
        ) { query, key in
            if let biases, let row = rows.biases {
                return row[Int(rows.positions[query]) * biases.stride + key]
            }
            guard let positions, let table else { return 0 }
            let (height, width) = (positions.gridHeight, positions.gridWidth)
            let place = Int(rows.positions[query])
            let byRow = height - 1 - place / width + key / width
            let byColumn = 2 * height - 1 + width - 1 - place % width + key % width
            return table.withValues { table in
                func sum(_ q: UnsafePointer<Float>) -> Float {
                    var sum: (row: Float, column: Float) = (0, 0)
                    for c in 0..<channels {
                        sum.row += q[c] * table[byRow * channels + c]
                        sum.column += q[c] * table[byColumn * channels + c]
                    }
                    return sum.row + sum.column
                }
                guard let queries else { return sum(rows.queries[query]) }
                return queries.withValues { $0.baseAddress.map { sum($0 + query * channels) } ?? 0 }
            }
        }
    }
}
