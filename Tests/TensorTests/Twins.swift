import SpanielTestSupport
import Tensor

/// What the naive twins say, in double precision where sums are long: the truth that every instruction set is
/// held to.
enum Truth {
    /// A[m, k] B[n, k]ᵀ
    static func product(_ a: Tensor, _ b: Tensor) -> [Float] {
        let (m, n, k) = (a.shape[0], b.shape[0], a.shape[1])
        let (x, y) = (a.array, b.array)
        var out: [Float] = []
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                for p in 0..<k { sum += Double(x[i * k + p]) * Double(y[j * k + p]) }
                out.append(Float(sum))
            }
        }
        return out
    }
}
