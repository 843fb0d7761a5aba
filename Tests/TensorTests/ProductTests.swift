import Foundation
import SpanielTestSupport
import Tensor
import Testing

/// Matrix products of every instruction set against sums in double precision.
@Suite struct ProductTests {
    static let shapes: [[Int]] = [
        [1, 1, 1], [3, 5, 7], [14, 32, 64], [15, 33, 65], [13, 31, 1], [112, 64, 96], [113, 97, 769], [7, 300, 1600], [230, 40, 17],
        [3, 5000, 32],
        [16, 1025, 33],
    ]

    @Test("a product equals its sums in double precision", arguments: shapes)
    func product(_ shape: [Int]) {
        var generator = Generator(seed: 1)
        let (m, n, k) = (shape[0], shape[1], shape[2])
        let a = generator.tensor([m, k])
        let b = generator.tensor([n, k])
        let (difference, _) = largestDifference(matmul(a, b, transposed: true).array, Truth.product(a, b))
        // k products of numbers below 1, each sum rounded: k ε √k / 2 is a loose bound, k ε the sure one.
        #expect(difference <= Float(k) * .ulpOfOne)
    }

    @Test("bias, activation and residual follow the sums", arguments: shapes)
    func epilogue(_ shape: [Int]) {
        var generator = Generator(seed: 2)
        let (m, n, k) = (shape[0], shape[1], shape[2])
        let x = generator.tensor([m, k])
        let bias = generator.tensor([n])
        let residual = generator.tensor([m, n])
        let layer = Linear(weight: generator.tensor([n, k], in: -0.2...0.2), bias: bias)
        let plain = Linear(weight: generator.tensor([n, k], in: -0.2...0.2), bias: nil)
        #expect(plain(x).shape == [m, n])
        let sums = layer(x)
        for activation in [Activation.identity, .relu, .gelu, .quickGELU] {
            let whole = layer(x, activation: activation, residual: residual)
            let stepwise = sums.activated(activation) + residual
            // The same operations in the same order; a fused one may round once less.
            #expect(largestDifference(whole.array, stepwise.array).difference <= 4 * .ulpOfOne)
        }
    }

    @Test("the number of threads changes no bit")
    func threads() {
        var generator = Generator(seed: 3)
        let a = generator.tensor([300, 800])
        let b = generator.tensor([700, 800])
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let results = [1, 2, 3, 8].map { threads in
            Parallel.threads = threads
            return matmul(a, b, transposed: true).array
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }

    @Test("the two products of an MLP give the same bits one by one and some rows at a time", arguments: Precision.allCases, [1, 20, 333])
    func mlp(_ precision: Precision, rows: Int) {
        var generator = Generator(seed: 5)
        let (x, residual) = (generator.tensor([rows, 48]), generator.tensor([rows, 40]))
        func layer(_ out: Int, _ channels: Int) -> Linear {
            Linear(weight: generator.tensor([out, channels], in: -0.3...0.3), bias: generator.tensor([out]), precision: precision)
        }
        let mlp = MLP(first: layer(200, 48), second: layer(40, 200), activation: .gelu)
        let stepwise = mlp.second(mlp.first(x, activation: .gelu), residual: residual)
        let before = Parallel.threads
        defer { Parallel.threads = before }
        for threads in [1, 2, 3] {
            Parallel.threads = threads
            #expect(mlp(x, residual: residual).array == stepwise.array)
            let isFused = Profile.of { _ = mlp(x) }.contains { $0.name.hasPrefix("MLP") }
            let isOurs = InstructionSet.current >= .avx2 && ProcessInfo.processInfo.environment["SPANIEL_PRODUCT"] == nil
            #expect(isFused == (rows == 333) || !isOurs)
        }
    }

    @Test("batches multiply one by one, and a matrix without a batch serves all")
    func batches() {
        var generator = Generator(seed: 4)
        let a = generator.tensor([3, 4, 5])
        let b = generator.tensor([3, 5, 6])
        let product = matmul(a, b)
        #expect(product.shape == [3, 4, 6])
        #expect(product[leading: 2].array == matmul(a[leading: 2], b[leading: 2]).array)
        #expect(matmul(a, b[leading: 1])[leading: 1].array == matmul(a[leading: 1], b[leading: 1]).array)
    }
}
