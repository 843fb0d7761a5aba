import CSpanielKernels
import SpanielTestSupport
import Tensor
import Testing

/// Attention of 16-bit numbers, as int8 has it, of every instruction set of this processor that computes it, against
/// the naive twin and against the formula.
@Suite struct Int8AttentionTests {
    static let tables = Int8Tests.tables.filter { $0.products.attention != nil }

    struct Head {
        var queries, keys, values: [[Float]]
        var channels: Int { keys[0].count }
        var scale: Float { 1 / Float(channels).squareRoot() }

        init(queries: Int, keys: Int, channels: Int, seed: UInt64) {
            var generator = Generator(seed: seed)
            func rows(_ count: Int, _ range: ClosedRange<Float>) -> [[Float]] {
                let all = generator.tensor([count, channels], in: range)
                return (0..<count).map { all[leading: $0].array }
            }
            self.queries = rows(queries, -2...2)
            self.keys = rows(keys, -2...2)
            values = rows(keys, -1...1)
        }
    }

    /// Runs a body with the address of each row.
    private static func pointers<T>(_ rows: [[Float]], _ body: ([UnsafePointer<Float>]) -> T) -> T {
        let all = Tensor(rows.flatMap { $0 }, [rows.count, rows[0].count])
        return all.withValues { values in
            body(rows.indices.map { values.baseAddress! + $0 * rows[0].count })
        }
    }

    private static func answers(
        _ head: Head, _ compute: ([UnsafeMutablePointer<Float>]) -> Void
    ) -> [Float] {
        var found = [Float](repeating: 7, count: head.queries.count * head.channels)
        found.withUnsafeMutableBufferPointer { buffer in
            compute(head.queries.indices.map { buffer.baseAddress! + $0 * head.channels })
        }
        return found
    }

    private static func twin(
        _ head: Head, causal: Bool = false, precision: Tensor.Precision = .int8
    ) -> [Float] {
        pointers(head.queries) { queries in
            pointers(head.keys) { keys in
                pointers(head.values) { values in
                    answers(head) { output in
                        Reference.attention(
                            queries: queries, keys: keys, values: values, channels: head.channels,
                            scale: head.scale, causal: causal, precision: precision, output: output
                        ) { _, _ in 0 }
                    }
                }
            }
        }
    }

    private static func found(_ products: spaniel_products, _ head: Head, causal: Bool = false) -> [Float] {
        let (d, count) = (head.channels, head.keys.count)
        func packed(_ columns: Int, _ inner: Int, _ bytes: Int32) -> UnsafeMutableRawPointer {
            let panels = (columns + Int(products.columns) - 1) / Int(products.columns)
            let depth = (inner + Int(products.depth) - 1) / Int(products.depth) * Int(products.depth)
            let each = depth * Int(bytes) + Int(products.column_bytes)
            return .allocate(byteCount: panels * Int(products.columns) * each, alignment: 64)
        }
        let keySpace = packed(count, d, products.attention_bytes)
        let valueSpace = packed(d, count, products.attention_bytes)
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: products.attention_scratch * 4, alignment: 64)
        defer { for space in [keySpace, valueSpace, scratch] { space.deallocate() } }
        return pointers(head.queries) { queries in
            pointers(head.keys) { keys in
                pointers(head.values) { values in
                    answers(head) { output in
                        products.pack_rows(count, d, keys.map { $0 }, keySpace)
                        products.pack_values(count, d, values.map { $0 }, valueSpace)
                        queries.map { Optional($0) }.withUnsafeBufferPointer { queries in
                            output.map { Optional($0) }.withUnsafeBufferPointer { output in
                                var job = spaniel_attention()
                                job.queries = queries.count
                                job.keys = count
                                job.channels = d
                                job.query_rows = queries.baseAddress
                                job.output_rows = output.baseAddress
                                job.packed_keys = UnsafeRawPointer(keySpace)
                                job.packed_values = UnsafeRawPointer(valueSpace)
                                job.scale = head.scale
                                job.causal = causal ? 1 : 0
                                job.scratch = scratch.assumingMemoryBound(to: Float.self)
                                products.attention(&job)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func relativeError(_ found: [Float], _ expected: [Float]) -> Float {
        let difference = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (difference / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }

    private static func truth(_ head: Head) -> [Float] {
        let rows = [head.queries, head.keys, head.values].map { $0.map { $0.map(Double.init) } }
        return AttentionTests.truth(q: rows[0], k: rows[1], v: rows[2], scale: Double(head.scale)) { _, _ in
            0
        }.joined().map(Float.init)
    }

    /// Queries, keys and channels: one, no multiples of a panel or a pair, several blocks.
    static let shapes: [[Int]] = [
        [1, 1, 1], [7, 9, 3], [57, 33, 14], [60, 257, 64], [15, 512, 40], [31, 601, 80], [5, 1100, 130],
        [3, 70, 256],
    ]

    @Test(
        "every table's attention is the twin's, to the roughness of a weight's power",
        arguments: tables, shapes)
    func twin(_ table: Int8Tests.Table, _ shape: [Int]) {
        for causal in [false, true] {
            let head = Head(queries: shape[0], keys: shape[1], channels: shape[2], seed: 31)
            let found = Self.found(table.products, head, causal: causal)
            let expected = Self.twin(head, causal: causal)
            #expect(largestDifference(found, expected).difference <= 5e-4)
        }
    }

    @Test("quantising costs less than half of what bfloat16 does", arguments: tables)
    func error(_ table: Int8Tests.Table) {
        let head = Head(queries: 40, keys: 700, channels: 64, seed: 32)
        let truth = Self.truth(head)
        let rounded = Self.relativeError(Self.twin(head, precision: .bfloat16), truth)
        #expect(Self.relativeError(Self.found(table.products, head), truth) <= rounded / 2)
    }

    @Test(
        "a query or a channel that is not finite spoils itself alone; zeros and the largest numbers are numbers",
        arguments: tables)
    func extremes(_ table: Int8Tests.Table) {
        let d = 20
        var head = Head(queries: 6, keys: 90, channels: d, seed: 34)
        head.queries[1] = [Float](repeating: 0, count: d)
        head.queries[2][3] = .nan
        head.queries[3][0] = .infinity
        head.queries[4] = [Float](repeating: .leastNonzeroMagnitude, count: d)
        head.keys[5] = [Float](repeating: 0, count: d)
        for i in head.keys.indices {
            head.values[i][1] = 0
            head.values[i][2] = 1e30
        }
        head.values[7][4] = .nan
        head.values[8][5] = -.infinity
        let (found, expected) = (Self.found(table.products, head), Self.twin(head))
        for row in 0..<6 {
            for c in 0..<d {
                let (x, y) = (found[row * d + c], expected[row * d + c])
                let spoilt = row == 2 || row == 3 || c == 4 || c == 5
                #expect(x.isNaN == spoilt && y.isNaN == spoilt, "row \(row), channel \(c): \(x), \(y)")
                if !spoilt { #expect(abs(x - y) <= 5e-4 * max(1, abs(y))) }
            }
        }
        // Scores of zero weigh all keys alike.
        let mean = head.values.reduce(0) { $0 + $1[0] } / 90
        #expect(abs(found[d] - mean) <= 1e-3 && abs(found[4 * d] - mean) <= 1e-3)
        #expect(abs(found[d + 2] / 1e30 - 1) <= 1e-3)
        // A key that is not finite is not attended to, and keys as large as numbers get trap nothing.
        head.keys[0][0] = .nan
        head.keys[1][0] = .greatestFiniteMagnitude
        #expect(Self.found(table.products, head).count == 6 * d)
    }

    @Test(
        "positions, biases and windows over the edge come twice as near as in bfloat16, narrow heads as the fastest",
        arguments: AttentionTests.grids)
    func grid(_ c: AttentionTests.GridCase) {
        var generator = Generator(seed: 35)
        let width = c.heads * c.channels
        let qkv = generator.tensor([2, c.height, c.width, 3 * width])
        let padding = generator.tensor([3 * width])
        let (tall, wide) = (c.window ?? c.height, c.window ?? c.width)
        let byRow = generator.tensor([2 * tall - 1, c.channels])
        let byColumn = generator.tensor([2 * wide - 1, c.channels])
        let distances = generator.tensor([c.heads, tall * wide], in: -3...3)
        func answers(_ precision: Tensor.Precision) -> [[Float]] {
            let positions = RelativePositions(height: byRow, width: byColumn, precision: precision)
            let byPosition = gridAttention(
                qkv, heads: c.heads, positions: positions, window: c.window, padding: padding,
                precision: precision)
            guard tall == wide else { return [byPosition.array] }
            let byBias = gridAttention(
                qkv, heads: c.heads, biases: WindowBiases(distances: distances, side: tall), window: c.window,
                padding: padding, precision: precision)
            return [byPosition.array, byBias.array]
        }
        let rounded = answers(.bfloat16)
        for (i, (found, expected)) in zip(answers(.int8), answers(.float32)).enumerated() {
            guard c.channels > Int(SPANIEL_NARROW_CHANNELS) || InstructionSet.current == .reference else {
                #expect(found == (Tensor.Precision.fastest == .bfloat16 ? rounded[i] : expected))
                continue
            }
            let error = Self.relativeError(found, expected)
            #expect(error <= Self.relativeError(rounded[i], expected) / 2)
        }
    }
}
