import SpanielTestSupport
import Tensor
import Testing
import SpanielPlatform

/// Heads of few channels, whose weights are relative to a reference and not to the highest score, against their
/// formula in double precision.
@Suite struct NarrowAttentionTests {
    /// Compares one head's attention with its formula.
    private static func difference(_ q: Tensor, _ k: Tensor, _ v: Tensor, scale: Float) -> Float {
        let d = q.shape[2]
        let found = attention(q, k, v, heads: 1, scale: scale)
        let part = { AttentionTests.rows($0, batch: 0, head: 0, d: d) }
        let truth = AttentionTests.truth(q: part(q), k: part(k), v: part(v), scale: Double(scale)) { _, _ in 0
        }
        return largestDifference(found.array, truth.joined().map(Float.init)).difference
    }

    @Test("every number of channels about the narrow ones', with keys that fill no block", arguments: 1...26)
    func channels(d: Int) {
        var generator = Generator(seed: 41)
        for (queries, keys) in [(1, 17), (9, 256), (58, 291)] {
            let q = generator.tensor([1, queries, d], in: -2...2)
            let (k, v) = (generator.tensor([1, keys, d], in: -2...2), generator.tensor([1, keys, d]))
            #expect(Self.difference(q, k, v, scale: 1 / Float(d).squareRoot()) <= 2e-5)
        }
    }

    /// What all scores of a key have in common, by its place: far below 0 or above, rising and falling between
    /// blocks, and a single key above all others.
    static let courses: [@Sendable (Int) -> Float] = [
        { _ in -400 }, { _ in 400 }, { Float($0) - 500 }, { 300 - Float($0) }, { $0 == 700 ? 200 : -150 },
        { $0 < 256 ? -130 : 0 }, { $0 % 2 == 0 ? 90 : -90 },
    ]

    @Test(
        "scores far from 0, or rising from one block of keys to the next, weigh as they should",
        arguments: courses.indices, [7, 14, 24])
    func far(course: Int, d: Int) {
        var generator = Generator(seed: 42)
        let (queries, keys) = (6, 900)
        var q = generator.tensor([queries, d]).array
        var k = generator.tensor([keys, d]).array
        for i in 0..<queries { q[i * d] = 1 }
        for j in 0..<keys { k[j * d] = Self.courses[course](j) }
        let difference = Self.difference(
            Tensor(q, [1, queries, d]), Tensor(k, [1, keys, d]), generator.tensor([1, keys, d]), scale: 1)
        // A score of 400 has an error of 400 ε, and so has its weight.
        #expect(difference <= 2e-4)
    }

    @Test("a causal query sees no later key, though it scores higher by far", arguments: [5, 14, 40])
    func causal(d: Int) {
        var generator = Generator(seed: 43)
        let tokens = 600
        let q = generator.tensor([1, tokens, d])
        var k = generator.tensor([tokens, d], in: -0.1...0.1).array
        for j in 0..<tokens { k[j * d] = Float(j) }
        let v = generator.tensor([1, tokens, d])
        let found = attention(q, Tensor(k, [1, tokens, d]), v, heads: 1, causal: true, scale: 1)
        let part = { AttentionTests.rows($0, batch: 0, head: 0, d: d) }
        let truth = AttentionTests.truth(
            q: part(q), k: part(Tensor(k, [1, tokens, d])), v: part(v), scale: 1
        ) { i, j in j > i ? -.infinity : 0 }
        #expect(largestDifference(found.array, truth.joined().map(Float.init)).difference <= 3e-4)
    }

    @Test("a query that is not finite has no answer, and spoils no other query's", arguments: [14, 24, 64])
    func hostile(d: Int) {
        var generator = Generator(seed: 44)
        let (k, v) = (generator.tensor([1, 300, d]), generator.tensor([1, 300, d]))
        let calm = generator.tensor([7, d])
        let expected = attention(calm.reshaped([1, 7, d]), k, v, heads: 1).array
        for value in [Float.nan, .infinity, -.infinity] {
            var q = calm.array
            q[3 * d + 2] = value
            let found = attention(Tensor(q, [1, 7, d]), k, v, heads: 1).array
            for i in 0..<7 {
                for c in 0..<d {
                    let x = found[i * d + c]
                    #expect(i == 3 ? x.isNaN : x == expected[i * d + c], "\(value), query \(i): \(x)")
                }
            }
        }
    }
}
