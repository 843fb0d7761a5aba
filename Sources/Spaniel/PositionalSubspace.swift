import DINOv2
import SpanielImaging
package import Tensor

/// What DINOv2's features of a place say of the place itself, whatever is there: the directions in which
/// features of noise differ most (INSID3, CVPR 2026). Without them the same thing elsewhere is more alike.
package struct PositionalSubspace: Sendable {
    /// Orthonormal directions, the strongest first, [k, C].
    package let basis: Tensor

    /// The most directions; with more, what things are is lost too.
    private static let mostDirections = 16
    /// The directions beyond those that are wanted, without which the last of them converge slowly.
    private static let more = 16
    private static let iterations = 60

    /// The directions of some layers, from one picture of noise of the size that the positions are trained for.
    static func of(_ model: DINOv2, layers: [Int]) throws -> [PositionalSubspace] {
        let side = model.configuration.grid * model.configuration.patchSize
        var noise = SplitMix(seed: 0)
        let picture = Picture(
            rgb: (0..<3 * side * side).map { _ in UInt8(truncatingIfNeeded: noise.next() >> 56) },
            width: side,
            height: side)
        return try model.encode(picture, layers: layers, preparation: .whole(longestSide: side)).map {
            let shape = $0.patches.shape
            return PositionalSubspace(
                of: $0.patches.l2Normalized().reshaped([shape[0] * shape[1], shape[2]]))
        }
    }

    /// The strongest right singular vectors of some features, by iterating a block of them.
    /// - Parameter features: [N, C].
    package init(of features: Tensor) {
        let (count, channels) = (features.shape[0], features.shape[1])
        let kept = max(1, min(Self.mostDirections, min(count, channels) / 8))
        let width = min(channels, kept + Self.more)
        let columns = features.transposed([1, 0])
        let squares = matmul(columns, columns, transposed: true) / Float(count)
        var random = SplitMix(seed: 1)
        var block = Self.orthonormal(
            Tensor((0..<width * channels).map { _ in Float(random.next(in: -1...1)) }, [width, channels]))
        for _ in 0..<Self.iterations { block = Self.orthonormal(matmul(block, squares)) }
        // Within the block the directions are those of the small matrix.
        let small = matmul(matmul(block, squares), block, transposed: true)
        basis = matmul(Self.eigenvectors(small), block)[leading: 0..<kept]
    }

    /// Removes the directions from features.
    /// - Parameter features: [N, C].
    package func removed(from features: Tensor) -> Tensor {
        features - matmul(matmul(features, basis, transposed: true), basis)
    }

    /// Makes rows orthonormal from the first to the last (Gram and Schmidt, twice for accuracy).
    private static func orthonormal(_ rows: Tensor) -> Tensor {
        var rows = (0..<rows.shape[0]).map { rows[leading: $0].array.map(Double.init) }
        for i in rows.indices {
            for _ in 0..<2 {
                for j in 0..<i {
                    let share = zip(rows[i], rows[j]).reduce(0) { $0 + $1.0 * $1.1 }
                    for c in rows[i].indices { rows[i][c] -= share * rows[j][c] }
                }
            }
            let length = rows[i].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for c in rows[i].indices { rows[i][c] /= max(length, .leastNormalMagnitude) }
        }
        return Tensor(rows.flatMap { $0.map { Float($0) } }, [rows.count, rows[0].count])
    }

    /// The eigenvectors of a small symmetric matrix as rows, those of the largest eigenvalues first (Jacobi).
    private static func eigenvectors(_ matrix: Tensor) -> Tensor {
        let n = matrix.shape[0]
        var a = (0..<n).map { matrix[leading: $0].array.map(Double.init) }
        var vectors = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
        for _ in 0..<12 {
            for p in 0..<n {
                for q in p + 1..<max(n, p + 1) where abs(a[p][q]) > 1e-300 {
                    let ratio = (a[q][q] - a[p][p]) / (2 * a[p][q])
                    let tangent = (ratio >= 0 ? 1 : -1) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
                    let cosine = 1 / (tangent * tangent + 1).squareRoot()
                    let sine = tangent * cosine
                    for k in 0..<n {
                        (a[k][p], a[k][q]) = (
                            cosine * a[k][p] - sine * a[k][q], sine * a[k][p] + cosine * a[k][q]
                        )
                    }
                    for k in 0..<n {
                        (a[p][k], a[q][k]) = (
                            cosine * a[p][k] - sine * a[q][k], sine * a[p][k] + cosine * a[q][k]
                        )
                        (vectors[p][k], vectors[q][k]) = (
                            cosine * vectors[p][k] - sine * vectors[q][k],
                            sine * vectors[p][k] + cosine * vectors[q][k]
                        )
                    }
                }
            }
        }
        let order = (0..<n).sorted { (a[$1][$1], $0) < (a[$0][$0], $1) }
        return Tensor(order.flatMap { vectors[$0].map { Float($0) } }, [n, n])
    }
}
