import SpanielTestSupport
import Tensor
import Testing
import SpanielPlatform

/// Heads of few channels, whose weights are relative to a reference and not to the highest score, against their
/// formula in double precision; in bfloat16 that of rounded queries, keys and values.
@Suite struct NarrowAttentionTests {
    static let precisions: [Tensor.Precision] = [.float32, .bfloat16]

    /// Compares one head's attention with its formula and returns by how much more it differs than the
    /// precision's rounding of weights explains, for values below 1.
    private static func difference(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, scale: Float, _ precision: Tensor.Precision,
        causal: Bool = false
    ) -> Float {
        let d = q.shape[2]
        let found = attention(q, k, v, heads: 1, causal: causal, scale: scale, precision: precision)
        let isRounded = precision == .bfloat16
        let part = { (tensor: Tensor) in
            AttentionTests.rows(
                isRounded ? tensor.map(BFloat16Tests.rounded) : tensor, batch: 0, head: 0, d: d)
        }
        let truth = AttentionTests.truth(q: part(q), k: part(k), v: part(v), scale: Double(scale)) {
            causal && $1 > $0 ? -.infinity : 0
        }
        let difference = largestDifference(found.array, truth.joined().map(Float.init)).difference
        return difference - (isRounded ? 0x1p-8 : 0)
    }

    @Test(
        "every number of channels about the narrow ones', with keys that fill no block",
        arguments: 1...26, precisions)
    func channels(d: Int, precision: Tensor.Precision) {
        var generator = Generator(seed: 41)
        for (queries, keys) in [(1, 17), (9, 512), (58, 547), (4, 1060)] {
            let q = generator.tensor([1, queries, d], in: -2...2)
            let (k, v) = (generator.tensor([1, keys, d], in: -2...2), generator.tensor([1, keys, d]))
            #expect(Self.difference(q, k, v, scale: 1 / Float(d).squareRoot(), precision) <= 2e-5)
        }
    }

    /// What all scores of a key have in common, by its place: far below 0 or above, rising and falling between
    /// blocks, and a single key above all others.
    static let courses: [@Sendable (Int) -> Float] = [
        { _ in -400 }, { _ in 400 }, { Float($0) - 500 }, { 300 - Float($0) }, { $0 == 700 ? 200 : -150 },
        { $0 < 512 ? -130 : 0 }, { $0 % 2 == 0 ? 90 : -90 },
    ]

    @Test(
        "scores far from 0, or rising from one block of keys to the next, weigh as they should",
        arguments: courses.indices, [7, 14, 24])
    func far(course: Int, d: Int) {
        var generator = Generator(seed: 42)
        let (queries, keys) = (6, 1200)
        var q = generator.tensor([queries, d]).array
        var k = generator.tensor([keys, d]).array
        for i in 0..<queries { q[i * d] = 1 }
        for j in 0..<keys { k[j * d] = Self.courses[course](j) }
        let v = generator.tensor([1, keys, d])
        for precision in Self.precisions {
            let difference = Self.difference(
                Tensor(q, [1, queries, d]), Tensor(k, [1, keys, d]), v, scale: 1, precision)
            // A score of 400 has an error of 400 ε, and so has its weight.
            #expect(difference <= 2e-4, "\(precision)")
        }
    }

    @Test(
        "a causal query sees no later key, though it scores higher by far", arguments: [5, 14, 40], precisions
    )
    func causal(d: Int, precision: Tensor.Precision) {
        var generator = Generator(seed: 43)
        let tokens = 600
        let q = generator.tensor([1, tokens, d])
        var k = generator.tensor([tokens, d], in: -0.1...0.1).array
        for j in 0..<tokens { k[j * d] = Float(j) }
        let v = generator.tensor([1, tokens, d])
        let difference = Self.difference(
            q, Tensor(k, [1, tokens, d]), v, scale: 1, precision, causal: true)
        #expect(difference <= 3e-4)
    }

    @Test(
        "a query that is not finite has no answer, and spoils no other query's", arguments: [14, 24, 64],
        precisions)
    func hostile(d: Int, precision: Tensor.Precision) {
        var generator = Generator(seed: 44)
        let (k, v) = (generator.tensor([1, 300, d]), generator.tensor([1, 300, d]))
        let calm = generator.tensor([7, d])
        let expected = attention(calm.reshaped([1, 7, d]), k, v, heads: 1, precision: precision).array
        for value in [Float.nan, .infinity, -.infinity] {
            var q = calm.array
            q[3 * d + 2] = value
            let found = attention(Tensor(q, [1, 7, d]), k, v, heads: 1, precision: precision).array
            for i in 0..<7 {
                for c in 0..<d {
                    let x = found[i * d + c]
                    #expect(i == 3 ? x.isNaN : x == expected[i * d + c], "\(value), query \(i): \(x)")
                }
            }
        }
    }
}
