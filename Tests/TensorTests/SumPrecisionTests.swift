import SpanielTestSupport
import Tensor
import Testing

/// Long sums of a product are added up in parts: the error of one running sum grows with the root of its
/// length, and a full-size encoder's would be twice PyTorch's.
@Suite(.enabled(if: InstructionSet.current != .reference, "the twins keep one running sum"))
struct SumPrecisionTests {
    /// Root of the mean square error over that of the values.
    private func error(_ found: [Float], _ expected: [Float]) -> Double {
        let squares = zip(found, expected).reduce(into: 0.0) {
            $0 += Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
        return (squares / expected.reduce(into: 0.0) { $0 += Double($1) * Double($1) }).squareRoot()
    }

    @Test("a product's error does not grow with the length of its sums")
    func product() {
        var generator = Generator(seed: 8)
        let a = generator.tensor([64, 4096])
        let b = generator.tensor([64, 4096])
        // One running sum gives 1.2e-6, parts of 64 give 2.1e-7, OpenBLAS 3.1e-7.
        #expect(error(matmul(a, b, transposed: true).array, Truth.product(a, b)) < 4e-7)
    }

    @Test("the mean over 4,096 keys is as precise as one over a few")
    func attentionOverManyKeys() {
        var generator = Generator(seed: 9)
        let v = generator.tensor([1, 4096, 32])
        // Equal keys: each result is the mean of the values.
        let means = attention(generator.tensor([1, 28, 32]), .zeros([1, 4096, 32]), v, heads: 1).array
        let mean = v.reshaped([4096, 32]).mean(axis: 0).array
        let found = error(means, (0..<28).flatMap { _ in mean })
        // One running sum gives 1.4e-6, parts of 64 give 2.0e-7.
        #expect(found < 4e-7)
    }
}
