import SpanielTestSupport
import Tensor
import Testing
import SpanielPlatform

/// Attention of every instruction set against its formula, step by step in double precision.
@Suite struct AttentionTests {
    struct Case: Sendable, CustomStringConvertible {
        let batch: Int
        let queries: Int
        let keys: Int
        let heads: Int
        let channels: Int
        var description: String {
            "batch \(batch), \(queries) queries, \(keys) keys, \(heads) heads of \(channels)"
        }
    }

    static let cases = [
        Case(batch: 1, queries: 1, keys: 1, heads: 1, channels: 1),
        Case(batch: 2, queries: 7, keys: 9, heads: 3, channels: 16),
        Case(batch: 1, queries: 57, keys: 257, heads: 2, channels: 64),
        Case(batch: 1, queries: 100, keys: 600, heads: 1, channels: 80),
        Case(batch: 1, queries: 500, keys: 1100, heads: 2, channels: 8),
        Case(batch: 3, queries: 5, keys: 300, heads: 2, channels: 40),
        Case(batch: 1, queries: 3, keys: 4, heads: 1, channels: 130),
        Case(batch: 1, queries: 3, keys: 4, heads: 1, channels: 257),
        // Keys in parts, the last a short one.
        Case(batch: 2, queries: 57, keys: 1300, heads: 1, channels: 256),
        Case(batch: 1, queries: 2, keys: 1025, heads: 3, channels: 20),
    ]

    /// softmax(q kᵀ / √d + bias) v of one head.
    static func truth(q: [[Double]], k: [[Double]], v: [[Double]], scale: Double, bias: (Int, Int) -> Double)
        -> [[Double]]
    {
        q.indices.map { i in
            var scores = k.indices.map { j in
                zip(q[i], k[j]).reduce(0) { $0 + $1.0 * $1.1 } * scale + bias(i, j)
            }
            let top = scores.max()!
            scores = scores.map { exp($0 - top) }
            let total = scores.reduce(0, +)
            return v[0].indices.map { c in v.indices.reduce(0) { $0 + scores[$1] * v[$1][c] } / total }
        }
    }

    static func rows(_ x: Tensor, batch: Int, head: Int, d: Int) -> [[Double]] {
        let all = x[leading: batch]
        let values = all.array
        let channels = all.shape[1]
        return (0..<all.shape[0]).map { r in (0..<d).map { Double(values[r * channels + head * d + $0]) } }
    }

    @Test("attention equals its formula", arguments: cases)
    func plain(_ c: Case) {
        var generator = Generator(seed: 5)
        let width = c.heads * c.channels
        let q = generator.tensor([c.batch, c.queries, width], in: -3...3)
        let k = generator.tensor([c.batch, c.keys, width], in: -3...3)
        let v = generator.tensor([c.batch, c.keys, width])
        let found = attention(q, k, v, heads: c.heads)
        var expected = [Float](repeating: 0, count: found.count)
        for b in 0..<c.batch {
            for h in 0..<c.heads {
                let part = { Self.rows($0, batch: b, head: h, d: c.channels) }
                let truth = Self.truth(
                    q: part(q), k: part(k), v: part(v), scale: 1 / Double(c.channels).squareRoot()
                ) { _, _ in 0 }
                for (i, row) in truth.enumerated() {
                    for (j, value) in row.enumerated() {
                        expected[(b * c.queries + i) * width + h * c.channels + j] = Float(value)
                    }
                }
            }
        }
        // Weights of scores up to 40, each with a relative error of some ε times its score.
        #expect(largestDifference(found.array, expected).difference <= 3e-5)
    }

    @Test(
        "causal attention sees the keys up to a query's own place, and self-attention is attention read in place",
        arguments: [1, 5, 77, 600])
    func causal(tokens: Int) {
        var generator = Generator(seed: 7)
        let (heads, d) = (2, 16)
        let qkv = generator.tensor([2, tokens, 3 * heads * d], in: -3...3)
        let parts = qkv.reshaped([2, tokens, 3, heads * d]).transposed([2, 0, 1, 3])
        let (q, k, v) = (parts[leading: 0], parts[leading: 1], parts[leading: 2])
        #expect(selfAttention(qkv, heads: heads).array == attention(q, k, v, heads: heads).array)
        let found = attention(q, k, v, heads: heads, causal: true)
        #expect(selfAttention(qkv, heads: heads, causal: true).array == found.array)
        var expected: [Float] = []
        for b in 0..<2 {
            let rows = (0..<heads).map { head in
                let part = { Self.rows($0, batch: b, head: head, d: d) }
                return Self.truth(q: part(q), k: part(k), v: part(v), scale: 0.25) { i, j in
                    j > i ? -.infinity : 0
                }
            }
            for i in 0..<tokens { expected += rows.flatMap { $0[i].map(Float.init) } }
        }
        // Weights of scores up to 40, each with a relative error of some ε times its score.
        #expect(largestDifference(found.array, expected).difference <= 3e-5)
    }

    @Test("a scale takes the place of 1 / √d")
    func scale() {
        var generator = Generator(seed: 8)
        let (q, k, v) = (
            generator.tensor([1, 5, 24]), generator.tensor([1, 1100, 24]), generator.tensor([1, 1100, 24])
        )
        let found = attention(q, k, v, heads: 1, scale: 3)
        let part = { Self.rows($0, batch: 0, head: 0, d: 24) }
        let truth = Self.truth(q: part(q), k: part(k), v: part(v), scale: 3) { _, _ in 0 }
        #expect(largestDifference(found.array, truth.joined().map(Float.init)).difference <= 3e-5)
    }

    @Test("keys without a batch serve every query's")
    func sharedKeys() {
        var generator = Generator(seed: 6)
        let q = generator.tensor([3, 6, 32])
        let k = generator.tensor([1, 20, 32])
        let v = generator.tensor([1, 20, 32])
        let together = attention(q, k, v, heads: 4)
        for b in 0..<3 {
            #expect(together[leading: b].array == attention(q[leading: b..<b + 1], k, v, heads: 4).array)
        }
    }

    struct GridCase: Sendable {
        let height: Int
        let width: Int
        let window: Int?
        let heads: Int
        let channels: Int
    }

    static let grids = [
        GridCase(height: 4, width: 6, window: nil, heads: 2, channels: 8),
        GridCase(height: 5, width: 7, window: 3, heads: 1, channels: 16),
        GridCase(height: 20, width: 30, window: nil, heads: 1, channels: 64),
        GridCase(height: 16, width: 16, window: 14, heads: 2, channels: 64),
        GridCase(height: 40, width: 40, window: nil, heads: 1, channels: 32),
        // Narrow heads: windows over the edge, and whole rows of keys in several blocks.
        GridCase(height: 16, width: 16, window: 14, heads: 3, channels: 14),
        GridCase(height: 9, width: 64, window: nil, heads: 1, channels: 14),
        GridCase(height: 3, width: 128, window: nil, heads: 1, channels: 24),
    ]

    @Test("grid attention adds the relative positions, and pads windows with the bias", arguments: grids)
    func grid(_ c: GridCase) {
        var generator = Generator(seed: 7)
        let width = c.heads * c.channels
        let qkv = generator.tensor([2, c.height, c.width, 3 * width])
        let padding = generator.tensor([3 * width])
        let (tall, wide) = (c.window ?? c.height, c.window ?? c.width)
        let byRow = generator.tensor([2 * tall - 1, c.channels])
        let byColumn = generator.tensor([2 * wide - 1, c.channels])
        let found = gridAttention(
            qkv, heads: c.heads, positions: RelativePositions(height: byRow, width: byColumn),
            window: c.window, padding: padding)
        let (source, fill, rows, columns) = (qkv.array, padding.array, byRow.array, byColumn.array)
        func vector(_ b: Int, _ y: Int, _ x: Int, _ part: Int, _ head: Int) -> [Double] {
            let inside = y < c.height && x < c.width
            let start =
                (inside ? ((b * c.height + y) * c.width + x) * 3 * width : 0) + part * width + head
                * c.channels
            return (0..<c.channels).map { Double(inside ? source[start + $0] : fill[start + $0]) }
        }
        var expected = [Float](repeating: 0, count: found.count)
        for b in 0..<2 {
            for head in 0..<c.heads {
                for top in stride(from: 0, to: c.height, by: tall) {
                    for left in stride(from: 0, to: c.width, by: wide) {
                        let cells = (0..<tall * wide).map { (top + $0 / wide, left + $0 % wide) }
                        let part = { (p: Int) in cells.map { vector(b, $0.0, $0.1, p, head) } }
                        let q = part(0)
                        let truth = Self.truth(
                            q: q, k: part(1), v: part(2), scale: 1 / Double(c.channels).squareRoot()
                        ) { i, j in
                            let row = (i / wide - j / wide + tall - 1) * c.channels
                            let column = (i % wide - j % wide + wide - 1) * c.channels
                            return (0..<c.channels).reduce(0) {
                                $0 + q[i][$1] * (Double(rows[row + $1]) + Double(columns[column + $1]))
                            }
                        }
                        for (cell, values) in zip(cells, truth) where cell.0 < c.height && cell.1 < c.width {
                            for (j, value) in values.enumerated() {
                                expected[
                                    ((b * c.height + cell.0) * c.width + cell.1) * width + head * c.channels
                                        + j] = Float(value)
                            }
                        }
                    }
                }
            }
        }
        #expect(largestDifference(found.array, expected).difference <= 2e-5)
    }

    @Test(
        "grid attention adds a window's biases by distance",
        arguments: grids.filter { $0.window != nil } + [
            GridCase(height: 3, width: 5, window: 7, heads: 3, channels: 5),
            GridCase(height: 15, width: 9, window: 7, heads: 2, channels: 32),
            GridCase(height: 5, width: 5, window: 1, heads: 2, channels: 4),
            GridCase(height: 18, width: 19, window: 18, heads: 1, channels: 20),
        ])
    func biases(_ c: GridCase) throws {
        let side = try #require(c.window)
        var generator = Generator(seed: 17)
        let width = c.heads * c.channels
        let qkv = generator.tensor([2, c.height, c.width, 3 * width], in: -2...2)
        let padding = generator.tensor([3 * width], in: -2...2)
        let distances = generator.tensor([c.heads, side * side], in: -3...3)
        let found = gridAttention(
            qkv, heads: c.heads, biases: WindowBiases(distances: distances, side: side), window: side,
            padding: padding)
        // Pads the grid itself, so that every window is whole.
        let (tall, wide) = ((c.height + side - 1) / side * side, (c.width + side - 1) / side * side)
        let (source, fill, apart, answers) = (qkv.array, padding.array, distances.array, found.array)
        var difference = 0.0
        for b in 0..<2 {
            for head in 0..<c.heads {
                for top in stride(from: 0, to: tall, by: side) {
                    for left in stride(from: 0, to: wide, by: side) {
                        let cells = (0..<side * side).map { (y: top + $0 / side, x: left + $0 % side) }
                        let part = { (p: Int) in
                            cells.map { cell -> [Double] in
                                let isInside = cell.y < c.height && cell.x < c.width
                                let place = (b * c.height + cell.y) * c.width + cell.x
                                let start = (isInside ? place * 3 : 0) * width + p * width + head * c.channels
                                return (0..<c.channels).map {
                                    Double(isInside ? source[start + $0] : fill[start + $0])
                                }
                            }
                        }
                        let truth = Self.truth(
                            q: part(0), k: part(1), v: part(2), scale: 1 / Double(c.channels).squareRoot()
                        ) { i, j in
                            let (down, across) = (
                                abs(cells[i].y - cells[j].y), abs(cells[i].x - cells[j].x)
                            )
                            return Double(apart[(head * side + down) * side + across])
                        }
                        for (cell, row) in zip(cells, truth) where cell.y < c.height && cell.x < c.width {
                            let place = (b * c.height + cell.y) * c.width + cell.x
                            for (j, value) in row.enumerated() {
                                let found = Double(answers[place * width + head * c.channels + j])
                                difference = max(difference, abs(found - value))
                            }
                        }
                    }
                }
            }
        }
        // Scores up to 20, each with a relative error of some ε times its size.
        #expect(difference <= 3e-5)
    }
}
