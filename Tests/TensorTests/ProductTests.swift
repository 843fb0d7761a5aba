import SpanielTestSupport
import Tensor
import Testing
import SpanielPlatform

/// Matrix products of every instruction set against sums in double precision.
@Suite struct ProductTests {
    static let shapes: [[Int]] = [
        [1, 1, 1], [3, 5, 7], [14, 32, 64], [15, 33, 65], [13, 31, 1], [112, 64, 96], [113, 97, 769],
        [7, 300, 1600], [230, 40, 17],
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
        for activation in [Tensor.Activation.identity, .relu, .gelu, .quickGELU, .silu] {
            let whole = layer(x, activation: activation, residual: residual)
            let stepwise = sums.activated(activation) + residual
            // The same operations in the same order; a fused one may round once less.
            #expect(largestDifference(whole.array, stepwise.array).difference <= 4 * .ulpOfOne)
        }
    }

    /// Where Debian keeps OpenBLAS: there the loader must find it.
    private static let isInstalled = ["x86_64", "aarch64"].contains {
        access("/usr/lib/\($0)-linux-gnu/libopenblas.so.0", R_OK) == 0
    }

    #if OpenBLAS
        @Test("OpenBLAS is found where it is installed", .enabled(if: isInstalled))
        func blasIsFound() { #expect(BLAS.isThere) }
    #endif

    @Test(
        "products through the system's BLAS, where there is one, equal their sums in double precision",
        .enabled(if: BLAS.isThere))
    func blas() async {
        // In a process of its own: which engine computes is settled once.
        await #expect(processExitsWith: .success) {
            setenv("SPANIEL_PRODUCT", "blas", 1)
            unsetenv("SPANIEL_ISA")
            precondition(BLAS.serves)
            var generator = Generator(seed: 3)
            for shape in ProductTests.shapes {
                let (a, b) = (
                    generator.tensor([shape[0], shape[2]]), generator.tensor([shape[1], shape[2]])
                )
                let (difference, _) = largestDifference(
                    matmul(a, b, transposed: true).array, Truth.product(a, b))
                precondition(difference <= Float(shape[2]) * .ulpOfOne, "\(shape): \(difference)")
            }
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
