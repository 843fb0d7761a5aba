import Foundation
import SpanielTestSupport
import Tensor
import Testing

/// What may not depend on the number of threads; one after the other, as the number is the process's.
@Suite(.serialized) struct ThreadCountTests {
    static var isOurs: Bool {
        InstructionSet.current >= .avx2 && ProcessInfo.processInfo.environment["SPANIEL_PRODUCT"] == nil
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

    @Test(
        "the two products of an MLP give the same bits one by one and some rows at a time",
        arguments: Tensor.Precision.allCases, [1, 20, 1100])
    func mlp(_ precision: Tensor.Precision, rows: Int) {
        var generator = Generator(seed: 5)
        let (x, residual) = (generator.tensor([rows, 48]), generator.tensor([rows, 40]))
        func layer(_ out: Int, _ channels: Int) -> Linear {
            Linear(
                weight: generator.tensor([out, channels], in: -0.3...0.3), bias: generator.tensor([out]),
                precision: precision)
        }
        let mlp = MLP(first: layer(200, 48), second: layer(40, 200), activation: .gelu)
        let stepwise = mlp.second(mlp.first(x, activation: .gelu), residual: residual)
        let before = Parallel.threads
        defer { Parallel.threads = before }
        for threads in [1, 2, 3] {
            Parallel.threads = threads
            #expect(mlp(x, residual: residual).array == stepwise.array)
            let isFused = Profile.of { _ = mlp(x) }.contains { $0.name.hasPrefix("MLP") }
            #expect(isFused == (rows == 1100) || !Self.isOurs)
        }
    }

    @Test(
        "projections are folded into the few, to either side, and the answers are the steps' own",
        // Queries, keys, heads. More heads than a vector has lanes, and as many members of a softmax as there
        // may be.
        arguments: [
            [7, 600, 4], [7, 1100, 4], [8, 128, 4], [1, 300, 4], [600, 7, 4], [1100, 9, 4], [256, 16, 4],
            [300, 2, 32], [1100, 64, 1], [8, 601, 4], [8, 1101, 4], [2, 301, 4], [601, 8, 4], [1101, 10, 4],
        ])
    func folded(counts: [Int]) {
        let isFolded = foldsAndAgrees(queries: counts[0], keys: counts[1], heads: counts[2])
        #expect(isFolded || !Self.isOurs)
    }

    @Test(
        "one query or key beyond what is worth folding, nothing is folded and the answers are the same",
        arguments: [[9, 129, 4], [257, 17, 4], [301, 3, 32], [1101, 65, 1]])
    func notFolded(counts: [Int]) {
        let isFolded = foldsAndAgrees(queries: counts[0], keys: counts[1], heads: counts[2])
        #expect(!isFolded || !Self.isOurs)
    }

    /// Checks attention against its steps, at several numbers of threads.
    ///
    /// - Returns: whether it was computed folded.
    private func foldsAndAgrees(queries: Int, keys: Int, heads: Int) -> Bool {
        var generator = Generator(seed: 9)
        let (channels, inner) = (48, 32)
        func layer(_ from: Int, _ to: Int) -> Linear {
            Linear(weight: generator.tensor([to, from], in: -0.4...0.4), bias: generator.tensor([to]))
        }
        let whole = MultiHeadAttention(
            queries: layer(channels, inner), keys: layer(channels, inner), values: layer(channels, inner),
            output: layer(inner, channels),
            heads: heads)
        let (q, k, v) = (
            generator.tensor([1, queries, channels]), generator.tensor([1, keys, channels]),
            generator.tensor([1, keys, channels])
        )
        let residual = generator.tensor([1, queries, channels])
        let stepwise = whole.output(
            attention(whole.queries(q), whole.keys(k), whole.values(v), heads: heads), residual: residual)
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let found = [1, 2, 8].map { threads in
            Parallel.threads = threads
            return whole(q, k, v, residual: residual).array
        }
        let isFolded = !Profile.of { _ = whole(q, k, v) }.contains {
            $0.name.hasPrefix("attention \(heads) × [")
        }
        // Sums of 48, 32 and some hundred products near 1, in another order.
        #expect(largestDifference(found[0], stepwise.array).difference <= 2e-5)
        #expect(found[1] == found[0] && found[2] == found[0])
        return isFolded
    }
}
