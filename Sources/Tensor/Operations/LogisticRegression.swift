import SpanielPlatform

/// Fits the weights w and the bias c of a logistic regression, by Newton's method:
///
///     minimal: Σₙ sₙ (log(1 + exp zₙ) - yₙ zₙ) + ½ ridge · |w|²,  z = X w + c
///
/// The Hessian Xᵀ diag(s p (1 - p)) X is a product in float32, of which Newton's method asks only a good
/// direction; the gradient, which decides where it ends, is in double precision.
///
/// A system of D + 1 equations is solved at each step. With D = 192, 384 and 768 that takes our Cholesky 0.6,
/// 4 and 28 ms and LAPACK's dpotrf 0.4, 1 and 6, beside 7, 23 and 80 for the product of 8,448 rows: a library
/// would bring too little.
/// - Parameters:
///   - columns: X transposed, [D, N], so that a feature's numbers lie together.
///   - isPositive: y, N of them.
///   - weights: s, how much each row counts, N of them.
///   - ridge: above 0.
///   - start: a solution to begin with, such as one of nearly the same rows.
/// - Returns: w and then c, D + 1 numbers.
package func logisticRegression(
    _ columns: Tensor, isPositive: [Bool], weights: [Float], ridge: Double, start: [Double]? = nil
) -> [Double] {
    let (channels, rows) = (columns.shape[0], columns.shape[1])
    precondition(
        isPositive.count == rows && weights.count == rows, "\(isPositive.count) labels for \(rows) rows")
    precondition(ridge > 0, "a ridge of \(ridge)")
    let problem = LogisticProblem(
        columns: columns, isPositive: isPositive, weights: weights.map(Double.init), ridge: ridge)
    var solution = start ?? [Double](repeating: 0, count: channels + 1)
    var state = problem.state(at: solution)
    for _ in 0..<50 {
        let gradient = problem.gradient(at: solution, state)
        guard let factor = Cholesky(problem.hessian(state), size: channels + 1) else { break }
        let step = factor.solve(gradient)
        let gain = zip(gradient, step).reduce(0) { $0 + $1.0 * $1.1 }
        // Newton's decrement: half of it is what a quadratic function would still lose.
        guard gain > 1e-7 * max(1, abs(state.loss)) else { break }
        var length = 1.0
        var next = solution
        var nextState = state
        repeat {
            next = zip(solution, step).map { $0 - length * $1 }
            nextState = problem.state(at: next)
            length /= 2
        } while !(nextState.loss <= state.loss - 1e-4 * length * gain) && length > 1e-4
        guard nextState.loss < state.loss else { break }
        (solution, state) = (next, nextState)
    }
    return solution
}

/// The loss of a logistic regression and its derivatives.
private struct LogisticProblem {
    let columns: Tensor
    let isPositive: [Bool]
    let weights: [Double]
    let ridge: Double

    /// What the derivatives are made of.
    struct State {
        /// The probability of each row.
        var probabilities: [Double]
        var loss: Double
    }

    private var channels: Int { columns.shape[0] }
    private var rows: Int { columns.shape[1] }

    func state(at solution: [Double]) -> State {
        var logits = [Double](repeating: solution[channels], count: rows)
        columns.withValues { values in
            for d in 0..<channels {
                let weight = solution[d]
                for n in 0..<rows { logits[n] += weight * Double(values[d * rows + n]) }
            }
        }
        var loss = 0.0
        for n in 0..<rows {
            // log(1 + eᶻ) without overflow.
            let z = logits[n]
            loss += weights[n] * (max(z, 0) + log1p(exp(-abs(z))) - (isPositive[n] ? z : 0))
        }
        for d in 0..<channels { loss += ridge / 2 * solution[d] * solution[d] }
        return State(probabilities: logits.map { 1 / (1 + exp(-$0)) }, loss: loss)
    }

    func gradient(at solution: [Double], _ state: State) -> [Double] {
        let errors = (0..<rows).map { weights[$0] * (state.probabilities[$0] - (isPositive[$0] ? 1 : 0)) }
        var gradient = columns.withValues { values in
            (0..<channels).map { d in
                var sums = SIMD8<Double>.zero
                let whole = rows & ~7
                for n in stride(from: 0, to: whole, by: 8) {
                    for l in 0..<8 { sums[l] += Double(values[d * rows + n + l]) * errors[n + l] }
                }
                var sum = sums.sum() + ridge * solution[d]
                for n in whole..<rows { sum += Double(values[d * rows + n]) * errors[n] }
                return sum
            }
        }
        gradient.append(errors.reduce(0, +))
        return gradient
    }

    /// - Returns: [D + 1, D + 1], row-major.
    func hessian(_ state: State) -> [Double] {
        let roots = (0..<rows).map { n in
            Float((weights[n] * state.probabilities[n] * (1 - state.probabilities[n])).squareRoot())
        }
        let scaled = columns.withValues { values in
            Tensor(uninitialized: [channels + 1, rows]) { target in
                for d in 0..<channels {
                    for n in 0..<rows { target[d * rows + n] = values[d * rows + n] * roots[n] }
                }
                for n in 0..<rows { target[channels * rows + n] = roots[n] }
            }
        }
        var hessian = matmul(scaled, scaled, transposed: true).array.map(Double.init)
        let size = channels + 1
        for d in 0..<channels { hessian[d * size + d] += ridge }
        // The bias has no ridge, and the rows may all be certain.
        hessian[size * size - 1] += 1e-6
        return hessian
    }
}
