import CSpanielKernels
import SpanielTestSupport
import Tensor
import Testing

/// Products of bytes of every instruction set this processor has, and of AMX in plain C, against the naive twin.
@Suite struct Int8Tests {
    struct Table: Sendable, CustomStringConvertible {
        let description: String
        let products: spaniel_products
    }

    static let tables: [Table] = [
        spaniel_baseline, spaniel_dotprod, spaniel_avx2, spaniel_avx2vnni, spaniel_avx512, spaniel_avx512vnni,
        spaniel_avx512bf16, spaniel_amx, spaniel_amx_emulated,
    ].compactMap { set in
        spaniel_kernels_for(Int32(set.rawValue)).map {
            Table(description: String(cString: $0.pointee.name), products: $0.pointee.int8)
        }
    }

    /// Rows, columns and inner extents, some longer than what a tile sums at once.
    static let shapes: [[Int]] = [
        [1, 1, 1], [3, 5, 7], [16, 31, 32], [33, 70, 129], [112, 64, 96], [131, 64, 3100], [20, 33, 6500],
    ]

    /// A relu: its bits are the same everywhere, which an exponential's need not be.
    private static func twin(_ a: Tensor, _ b: Tensor, bias: [Float], residual: [Float]) -> [Float] {
        let (m, n, k) = (a.shape[0], b.shape[0], a.shape[1])
        let weight = Reference.quantised(weight: b)
        var result = [Float](repeating: 0, count: m * n)
        a.withValues { a in
            weight.numbers.withValues { b in
                result.withUnsafeMutableBufferPointer { c in
                    bias.withUnsafeBufferPointer { bias in
                        residual.withUnsafeBufferPointer { residual in
                            Reference.product(
                                quantised: b.baseAddress!, scales: weight.scales, m: m, n: n, k: k,
                                a: a.baseAddress!, lda: k, c: c.baseAddress!, ldc: n, bias: bias.baseAddress,
                                activation: .relu, residual: residual.baseAddress, ldr: n)
                        }
                    }
                }
            }
        }
        return result
    }

    private static func found(
        _ products: spaniel_products, _ a: Tensor, _ b: Tensor, bias: [Float], residual: [Float]
    ) -> (results: [Float], beside: [Float]) {
        let (m, n, k) = (a.shape[0], b.shape[0], a.shape[1])
        let panels = (n + Int(products.columns) - 1) / Int(products.columns)
        let depth = (k + Int(products.depth) - 1) / Int(products.depth) * Int(products.depth)
        let each = depth * Int(products.operand_bytes) + Int(products.column_bytes)
        let packed = UnsafeMutableRawPointer.allocate(
            byteCount: panels * Int(products.columns) * each, alignment: 64)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: products.product_scratch * 4, alignment: 64)
        defer {
            packed.deallocate()
            scratch.deallocate()
        }
        let wide = n + 3
        var all = [Float](repeating: 7, count: m * wide)
        a.withValues { a in
            b.withValues { b in
                products.pack_matrix(n, k, b.baseAddress, k, 0, panels, packed)
                all.withUnsafeMutableBufferPointer { c in
                    bias.withUnsafeBufferPointer { bias in
                        residual.withUnsafeBufferPointer { residual in
                            var job = spaniel_product(
                                m: m, n: n, k: k, a: a.baseAddress, lda: k, packed: packed, c: c.baseAddress,
                                ldc: wide, bias: bias.baseAddress, residual: residual.baseAddress, ldr: n,
                                activation: Int32(spaniel_relu.rawValue), panel_begin: 0, panel_end: panels,
                                scratch: scratch.assumingMemoryBound(to: Float.self))
                            products.product(&job)
                        }
                    }
                }
            }
        }
        return (
            (0..<m).flatMap { all[$0 * wide..<$0 * wide + n] },
            (0..<m).flatMap { all[$0 * wide + n..<($0 + 1) * wide] }
        )
    }

    private static func bits(_ values: [Float]) -> [UInt32] {
        values.map { $0.isNaN ? .max : $0.bitPattern }
    }

    @Test("every table's product has the twin's bits", arguments: tables, shapes)
    func product(_ table: Table, _ shape: [Int]) throws {
        var generator = Generator(seed: 21)
        let (m, n, k) = (shape[0], shape[1], shape[2])
        let (a, b) = (generator.tensor([m, k]), generator.tensor([n, k]))
        let (bias, residual) = (generator.tensor([n]).array, generator.tensor([m, n]).array)
        let found = Self.found(table.products, a, b, bias: bias, residual: residual)
        #expect(Self.bits(found.results) == Self.bits(Self.twin(a, b, bias: bias, residual: residual)))
        #expect(found.beside.allSatisfy { $0 == 7 }, "numbers beside the matrix stay as they are")
    }

    @Test(
        "rows and columns of zeros, of the largest and the least numbers, infinite ones and NaN",
        arguments: tables)
    func extremes(_ table: Table) throws {
        var generator = Generator(seed: 22)
        let (m, n, k) = (12, 37, 70)
        var (a, b) = (generator.tensor([m, k]).array, generator.tensor([n, k]).array)
        for p in 0..<k {
            a[p] = 0
            a[k + p] = 1e-38
            a[2 * k + p] = .leastNonzeroMagnitude
            a[3 * k + p] = 5
            a[4 * k + p] = -5
            b[p] = 0
            b[k + p] = .leastNonzeroMagnitude
            b[2 * k + p] = p % 2 == 0 ? 1e30 : -1e30
            // The largest sums: 255 · 127 in every place.
            b[3 * k + p] = 1
        }
        a[5 * k] = .nan
        a[6 * k + 3] = .infinity
        a[7 * k] = .greatestFiniteMagnitude
        a[8 * k] = .greatestFiniteMagnitude
        a[8 * k + 1] = -.greatestFiniteMagnitude
        a[9 * k + k - 1] = 1e20
        b[4 * k + k - 1] = .nan
        b[5 * k] = -.infinity
        b[6 * k] = .greatestFiniteMagnitude
        let (x, y) = (Tensor(a, [m, k]), Tensor(b, [n, k]))
        let (bias, residual) = (generator.tensor([n]).array, generator.tensor([m, n]).array)
        let found = Self.found(table.products, x, y, bias: bias, residual: residual).results
        #expect(Self.bits(found) == Self.bits(Self.twin(x, y, bias: bias, residual: residual)))
        #expect(found[0] == max(0, bias[0]) + residual[0])
        #expect(abs(found[3 * n + 3] - max(0, 5 * Float(k) + bias[3]) - residual[3 * n + 3]) < 1e-3)
    }

    @Test("what is quantised to the last bit comes back, and halves go to the even neighbour")
    func rounding() {
        let row: [Float] = [0, 1, 2.5, 3.5, 255, 254.5]
        let quantised = row.withUnsafeBufferPointer { Reference.quantised(row: $0) }
        #expect(quantised.numbers == [0, 1, 2, 4, 255, 254])
        #expect(quantised.scale == 1 && quantised.zero == 0)
        let signed: [Float] = [-100, 155, 0]
        let shifted = signed.withUnsafeBufferPointer { Reference.quantised(row: $0) }
        #expect(shifted.numbers == [0, 255, 100] && shifted.zero == 100)
        let weight = Reference.quantised(weight: Tensor([-127, 3.5, 0.5, 127], [1, 4]))
        #expect(weight.numbers.array == [-127, 4, 0, 127] && weight.scales == [1])
    }

    /// Each number is off by half a step at most, the row's range / 255 or the column's peak / 127.
    @Test("a layer in int8 differs from float32 by the rounding of both sides")
    func layer() {
        var generator = Generator(seed: 23)
        let (x, weight) = (generator.tensor([70, 200]), generator.tensor([90, 200]))
        let layer = Linear(weight: weight, bias: nil, precision: .int8)
        #expect(layer.precision == .int8)
        let exact = Truth.product(x, weight)
        let bound = 200 * (0.5 * 2 / 255 + 0.5 / 127 + 0.25 * 2 / 255 / 127)
        let difference = largestDifference(layer(x).array, exact).difference
        #expect(difference <= Float(bound))
        // Errors are of both signs: far below what they could add up to, and not nothing.
        #expect(difference > 1e-4 && difference < 0.2)
    }

    @Test("the number of threads changes no bit of a layer or a perceptron, nor does fusing")
    func threads() {
        var generator = Generator(seed: 24)
        let x = generator.tensor([400, 96])
        let first = Linear(
            weight: generator.tensor([200, 96]), bias: generator.tensor([200]), precision: .int8)
        let second = Linear(
            weight: generator.tensor([96, 200]), bias: generator.tensor([96]), precision: .int8)
        let mlp = MLP(first: first, second: second, activation: .gelu)
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let results = [1, 2, 5].map { threads in
            Parallel.threads = threads
            return (
                first(x).array, mlp(x, residual: x).array,
                second(first(x, activation: .gelu), residual: x).array
            )
        }
        for result in results {
            #expect(result.0 == results[0].0 && result.1 == results[0].1 && result.2 == results[0].1)
        }
    }

    @Test("convolutions are not quantised")
    func floating() {
        #expect(Tensor.Precision.int8.floating == .fastest)
        #expect(Tensor.Precision.allCases.filter { $0 != .int8 }.allSatisfy { $0.floating == $0 })
        var generator = Generator(seed: 25)
        let (grid, kernel) = (generator.tensor([1, 6, 6, 3]), generator.tensor([4, 3, 3, 3]))
        func convolution(_ precision: Tensor.Precision) -> [Float] {
            Conv2d(weight: kernel, bias: nil, stride: 1, precision: precision)(grid).array
        }
        #expect(convolution(.int8) == convolution(.fastest))
    }

    @Test("a sum that would not fit 32 bits is not quantised")
    func longSums() {
        let matrix = PackedMatrix(rows: Tensor.zeros([1, 66_001]), precision: .int8)
        #expect(matrix.precision == Tensor.Precision.fastest)
        #expect(PackedMatrix(rows: Tensor.zeros([1, 66_000]), precision: .int8).precision == .int8)
    }
}
