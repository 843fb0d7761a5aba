import CSpanielKernels
import SpanielTestSupport
import Tensor
import Testing

/// bfloat16 of every instruction set this processor has, and of AMX in plain C, against sums in double
/// precision of the rounded numbers.
@Suite struct BFloat16Tests {
    /// The nearest bfloat16, the even one of two.
    static func rounded(_ x: Float) -> Float {
        let low = Float(bitPattern: x.bitPattern & 0xffff_0000)
        let high = Float(bitPattern: (x.bitPattern & 0xffff_0000) &+ 0x1_0000)
        let (below, above) = (abs(Double(x) - Double(low)), abs(Double(high) - Double(x)))
        if below == above { return low.bitPattern & 0x1_0000 == 0 ? low : high }
        return below < above ? low : high
    }

    struct Table: Sendable, CustomStringConvertible {
        let description: String
        let products: spaniel_products
    }

    static let tables: [Table] = [
        spaniel_baseline, spaniel_avx2, spaniel_avx512, spaniel_avx512bf16, spaniel_amx, spaniel_amx_emulated,
    ].compactMap { set in
        spaniel_kernels_for(Int32(set.rawValue)).map {
            Table(description: String(cString: $0.pointee.name), products: $0.pointee.bfloat16)
        }
    }

    static let shapes: [[Int]] = [
        [1, 1, 1], [3, 5, 7], [16, 31, 32], [33, 70, 129], [112, 64, 96], [131, 64, 3100], [50, 33, 1600],
    ]

    @Test("every table's product equals the sums of rounded numbers", arguments: tables, shapes)
    func product(_ table: Table, _ shape: [Int]) throws {
        let products = table.products
        var generator = Generator(seed: 11)
        let (m, n, k) = (shape[0], shape[1], shape[2])
        let (a, b) = (generator.tensor([m, k]), generator.tensor([n, k]))
        let (bias, residual) = (generator.tensor([n]).array, generator.tensor([m, n]).array)
        let panels = (n + Int(products.columns) - 1) / Int(products.columns)
        let depth = (k + Int(products.depth) - 1) / Int(products.depth) * Int(products.depth)
        let packed = UnsafeMutableRawPointer.allocate(
            byteCount: panels * Int(products.columns) * depth * Int(products.operand_bytes), alignment: 64)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: products.product_scratch * 4, alignment: 64)
        defer {
            packed.deallocate()
            scratch.deallocate()
        }
        // Numbers beside the matrix must stay as they are.
        var found = [Float](repeating: 7, count: m * (n + 3))
        a.withValues { a in
            b.withValues { b in
                products.pack_matrix(n, k, b.baseAddress, k, 0, panels, packed)
                found.withUnsafeMutableBufferPointer { c in
                    bias.withUnsafeBufferPointer { bias in
                        residual.withUnsafeBufferPointer { residual in
                            var job = spaniel_product(
                                m: m, n: n, k: k, a: a.baseAddress, lda: k, packed: packed, c: c.baseAddress,
                                ldc: n + 3,
                                bias: bias.baseAddress, residual: residual.baseAddress, ldr: n,
                                activation: Int32(spaniel_relu.rawValue), panel_begin: 0, panel_end: panels,
                                scratch: scratch.assumingMemoryBound(to: Float.self))
                            products.product(&job)
                        }
                    }
                }
            }
        }
        let sums = Truth.product(a.map(Self.rounded), b.map(Self.rounded))
        var largest: Float = 0
        for i in 0..<m {
            for j in 0..<n {
                largest = max(
                    largest,
                    abs(found[i * (n + 3) + j] - max(0, sums[i * n + j] + bias[j]) - residual[i * n + j]))
            }
            #expect(found[(i * (n + 3) + n)..<((i + 1) * (n + 3))] == [7, 7, 7])
        }
        // As for float32: k products below 1, each sum rounded.
        #expect(largest <= Float(k + 4) * .ulpOfOne)
    }

    @Test("the published widths compute in bfloat16 where that is faster, narrow ones in float32")
    func suiting() {
        #expect(Tensor.Precision.suiting(channels: 768) == .fastest)
        #expect(Tensor.Precision.bfloat16.isFast || Tensor.Precision.fastest == .float32)
        #expect(InstructionSet.current >= .avx512bf16 || !Tensor.Precision.bfloat16.isFast)
        #expect(InstructionSet.current != .amx || Tensor.Precision.bfloat16.isFast)
        #expect(Tensor.Precision.suiting(channels: 192) == .float32)
    }

    @Test("a layer in bfloat16 is the layer of rounded numbers")
    func layer() {
        var generator = Generator(seed: 12)
        let (x, weight) = (generator.tensor([70, 200]), generator.tensor([90, 200]))
        let layer = Linear(weight: weight, bias: nil, precision: .bfloat16)
        #expect(layer.precision == .bfloat16)
        let truth = Truth.product(x.map(Self.rounded), weight.map(Self.rounded))
        #expect(largestDifference(layer(x).array, truth).difference <= 200 * .ulpOfOne)
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let results = [1, 2, 5].map { threads in
            Parallel.threads = threads
            return layer(x).array
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }

    @Test(
        "attention in bfloat16 differs from float32 by the rounding of queries, keys, values and weights",
        arguments: [false, true])
    func attentions(causal: Bool) {
        var generator = Generator(seed: 13)
        for (tokens, heads, d) in [(1, 1, 8), (49, 2, 40), (300, 2, 64), (600, 1, 80)] {
            let qkv = generator.tensor([1, tokens, 3 * heads * d])
            let rounded = qkv.map(Self.rounded)
            let exact = selfAttention(rounded, heads: heads, causal: causal)
            let found = selfAttention(qkv, heads: heads, causal: causal, precision: .bfloat16)
            // Every weight of the sum is rounded by at most 2⁻⁸ of itself, and values are below 1.
            #expect(largestDifference(found.array, exact.array).difference <= 0x1p-8)
        }
    }

    @Test("attention in bfloat16 of few queries, keys in parts and wide heads")
    func keysInParts() {
        var generator = Generator(seed: 15)
        let (q, k, v) = (
            generator.tensor([1, 9, 250]), generator.tensor([1, 1100, 250]), generator.tensor([1, 1100, 250])
        )
        let exact = attention(q.map(Self.rounded), k.map(Self.rounded), v.map(Self.rounded), heads: 1)
        let found = attention(q, k, v, heads: 1, precision: .bfloat16)
        #expect(largestDifference(found.array, exact.array).difference <= 0x1p-8)
    }

    struct Grid: Sendable {
        var height, width, channels: Int
        var window: Int?
    }

    @Test(
        "grid attention in bfloat16, with relative positions and padded windows",
        arguments: [
            Grid(height: 5, width: 7, channels: 16), Grid(height: 5, width: 7, channels: 16, window: 3),
            Grid(height: 14, width: 14, channels: 14), Grid(height: 9, width: 64, channels: 14),
            Grid(height: 20, width: 30, channels: 24), Grid(height: 9, width: 64, channels: 32),
        ])
    func grid(_ grid: Grid) {
        var generator = Generator(seed: 14)
        let (height, width, heads, d, window) = (grid.height, grid.width, 2, grid.channels, grid.window)
        let (tall, wide) = (window ?? height, window ?? width)
        let qkv = generator.tensor([1, height, width, 3 * heads * d])
        let padding = generator.tensor([3 * heads * d])
        let (byRow, byColumn) = (generator.tensor([2 * tall - 1, d]), generator.tensor([2 * wide - 1, d]))
        let exact = gridAttention(
            qkv.map(Self.rounded), heads: heads,
            positions: RelativePositions(height: byRow.map(Self.rounded), width: byColumn.map(Self.rounded)),
            window: window,
            padding: padding.map(Self.rounded))
        let found = gridAttention(
            qkv, heads: heads,
            positions: RelativePositions(height: byRow, width: byColumn, precision: .bfloat16),
            window: window,
            padding: padding, precision: .bfloat16)
        #expect(largestDifference(found.array, exact.array).difference <= 0x1p-8)
    }

    @Test("what is halfway goes to the even neighbour; infinities and NaN stay")
    func rounding() {
        // 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷; 1 + 3 · 2⁻⁸ between 1 + 2⁻⁷ and 1 + 2⁻⁶.
        let cases: [(Float, Float)] = [
            (1 + 0x1p-8, 1), (1 + 3 * 0x1p-8, 1 + 0x1p-6), (1 + 0x1.02p-8, 1 + 0x1p-7), (-1 - 0x1p-8, -1),
            (0, 0),
            (.infinity, .infinity), (3.38e38, 3.3762391e38), (3.4e38, .infinity),
        ]
        for (given, expected) in cases {
            let x = Tensor([given], [1, 1])
            #expect(
                Linear(weight: Tensor([1], [1, 1]), bias: nil, precision: .bfloat16)(x).array[0] == expected)
            #expect(
                Linear(weight: x, bias: nil, precision: .bfloat16)(Tensor([1], [1, 1])).array[0] == expected)
        }
        for nan in [Float.nan, Float(bitPattern: 0x7fff_ffff), Float(bitPattern: 0xff80_0001)] {
            let layer = Linear(weight: Tensor([nan], [1, 1]), bias: nil, precision: .bfloat16)
            #expect(layer(Tensor([1], [1, 1])).array[0].isNaN)
            let one = Linear(weight: Tensor([1], [1, 1]), bias: nil, precision: .bfloat16)
            #expect(one(Tensor([nan], [1, 1])).array[0].isNaN)
        }
    }
}
