import Foundation
import SpanielTestSupport
import Tensor
import Testing

@Suite("Cholesky and logistic regression")
struct LogisticRegressionTests {
    /// A symmetric positive definite matrix, B Bᵀ + I.
    private func positiveDefinite(_ size: Int, seed: UInt64) -> [Double] {
        var generator = Generator(seed: seed)
        let b = generator.tensor([size, size]).array.map(Double.init)
        var matrix = [Double](repeating: 0, count: size * size)
        for i in 0..<size {
            for j in 0..<size {
                var sum = i == j ? 1.0 : 0
                for k in 0..<size { sum += b[i * size + k] * b[j * size + k] }
                matrix[i * size + j] = sum
            }
        }
        return matrix
    }

    /// The naive twin: Gauss's elimination with pivots.
    private func eliminated(_ matrix: [Double], _ b: [Double]) -> [Double] {
        let size = b.count
        var rows = (0..<size).map { Array(matrix[$0 * size..<($0 + 1) * size]) + [b[$0]] }
        for column in 0..<size {
            let pivot = (column..<size).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
            rows.swapAt(column, pivot)
            for row in 0..<size where row != column {
                let factor = rows[row][column] / rows[column][column]
                for k in column...size { rows[row][k] -= factor * rows[column][k] }
            }
        }
        return (0..<size).map { rows[$0][size] / rows[$0][$0] }
    }

    @Test("Cholesky solves what elimination solves", arguments: [1, 2, 7, 8, 9, 33])
    func cholesky(size: Int) throws {
        let matrix = positiveDefinite(size, seed: UInt64(size))
        let b = (0..<size).map { Double($0) - 3 }
        let x = try #require(Cholesky(matrix, size: size)).solve(b)
        // Both in double precision, of matrices with condition numbers below a few thousand.
        for (ours, twin) in zip(x, eliminated(matrix, b)) { #expect(abs(ours - twin) < 1e-9) }
    }

    @Test("Cholesky agrees with closed forms and refuses what is not positive definite")
    func closedForms() throws {
        let diagonal = try #require(Cholesky([4, 0, 0, 9], size: 2))
        #expect(diagonal.solve([8, 27]) == [2, 3])
        // [4 2; 2 5]⁻¹ = [5 -2; -2 4] / 16
        let full = try #require(Cholesky([4, 99, 2, 5], size: 2))
        #expect(full.solve([16, 0]) == [5, -2])
        #expect(Cholesky([1, 0, 2, 1], size: 2) == nil)
        #expect(Cholesky([0], size: 1) == nil)
        #expect(Cholesky([.nan], size: 1) == nil)
        #expect(Cholesky([.infinity, 0, 0, 1], size: 2) == nil)
    }

    @Test("features that say nothing leave the share of the positives as the bias")
    func share() {
        let solution = logisticRegression(
            .zeros([2, 8]), isPositive: [true, true] + [Bool](repeating: false, count: 6),
            weights: [Float](repeating: 1, count: 8), ridge: 1)
        #expect(abs(solution[2] - log(2.0 / 6)) < 1e-4 && abs(solution[0]) < 1e-9)
    }

    /// The gradient of the loss, term by term.
    private func gradient(
        _ x: [[Double]], _ isPositive: [Bool], _ weights: [Float], ridge: Double, at solution: [Double]
    ) -> [Double] {
        let size = solution.count
        var gradient = solution.map { ridge * $0 }
        gradient[size - 1] = 0
        for (n, row) in x.enumerated() {
            let z = zip(row + [1], solution).reduce(0) { $0 + $1.0 * $1.1 }
            let error = Double(weights[n]) * (1 / (1 + exp(-z)) - (isPositive[n] ? 1 : 0))
            for d in 0..<size { gradient[d] += error * (row + [1])[d] }
        }
        return gradient
    }

    @Test("the solution is where the loss is flat, and rows that count nothing change nothing")
    func flat() {
        var generator = Generator(seed: 11)
        let (rows, channels) = (61, 5)
        let columns = generator.tensor([channels, rows])
        let values = columns.array.map(Double.init)
        let x = (0..<rows).map { n in (0..<channels).map { values[$0 * rows + n] } }
        let isPositive = x.map { $0[0] + 0.3 * $0[1] > 0.1 }
        var weights = isPositive.map { $0 ? 10 : 1 as Float }
        let solution = logisticRegression(columns, isPositive: isPositive, weights: weights, ridge: 2)
        let slope = gradient(x, isPositive, weights, ridge: 2, at: solution)
        // The decrement that ends the search is 1e-7 of a loss of some hundred.
        for value in slope { #expect(abs(value) < 0.02) }
        #expect(solution[0] > solution[2] && solution[0] > 0)
        let again = logisticRegression(
            columns, isPositive: isPositive, weights: weights, ridge: 2, start: solution)
        for (a, b) in zip(solution, again) { #expect(abs(a - b) < 1e-3) }
        for n in 0..<20 { weights[n] = 0 }
        var flipped = isPositive
        for n in 0..<20 { flipped[n].toggle() }
        #expect(
            logisticRegression(columns, isPositive: isPositive, weights: weights, ridge: 2)
                == logisticRegression(columns, isPositive: flipped, weights: weights, ridge: 2))
    }

    @Test("separable rows, and rows of one kind, end in finite numbers")
    func extremes() {
        for isPositive in [
            [true, true, false, false], [true, true, true, true], [false, false, false, false],
        ] {
            let solution = logisticRegression(
                Tensor([1000, 999, -1000, -999], [1, 4]), isPositive: isPositive, weights: [1, 1, 1, 1],
                ridge: 1e-3)
            for value in solution { #expect(value.isFinite) }
        }
    }
}
