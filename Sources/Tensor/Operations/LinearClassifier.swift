import SpanielPlatform

/// What labelled examples teach beyond a mean: the probability of one class from a vector of features.
///
///     p = sigmoid(w · x + c)
///
/// Several looks of one class, and whatever lies beside it, count as they are, where the similarity to an
/// example knows the example alone.
package struct LinearClassifier: Sendable {
    /// w, [D].
    package let weights: Tensor
    /// c.
    package let bias: Float

    package init(weights: Tensor, bias: Float) {
        self.weights = weights
        self.bias = bias
    }

    /// Fits a classifier to labelled rows.
    /// - Parameters:
    ///   - columns: the rows of features, transposed: [D, N].
    ///   - isPositive: whether each row shows the class.
    ///   - counts: how much each row counts beside the others, 0 for one that is left out.
    ///   - ridge: in the features' mean variance; a larger one learns few pictures less by heart.
    ///   - positiveWeight: the most that a positive row counts beside a negative one.
    ///   - start: a classifier to begin with, such as one of nearly the same rows.
    package init(
        fitting columns: Tensor, _ isPositive: [Bool], counts: [Float], ridge: Double,
        positiveWeight: Float = 1, from start: LinearClassifier? = nil
    ) {
        let solution = logisticRegression(
            columns, isPositive: isPositive,
            weights: zip(isPositive, counts).map { $0 ? positiveWeight * $1 : $1 },
            ridge: max(ridge * columns.meanVariance, 1e-3),
            start: start.map { $0.weights.array.map(Double.init) + [Double($0.bias)] })
        weights = Tensor(solution.dropLast().map { Float($0) }, [solution.count - 1])
        bias = Float(solution[solution.count - 1])
    }

    /// Returns the logit of each row.
    /// - Parameter features: [N, D].
    package func logits(of features: Tensor) -> [Float] {
        matmul(features, weights.reshaped([1, weights.count]), transposed: true).array.map { $0 + bias }
    }

    /// Returns the probability of one row, 0…1.
    /// - Parameter features: [D].
    package func probability(of features: Tensor) -> Float {
        1 / (1 + exp(-logits(of: features.reshaped([1, features.count]))[0]))
    }
}

extension Tensor {
    /// The mean of the variances of the rows of a matrix.
    fileprivate var meanVariance: Double {
        let (count, length) = (shape[0], shape[1])
        let values = array
        var sum = 0.0
        for row in 0..<count {
            let numbers = values[row * length..<(row + 1) * length]
            let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(length)
            sum += numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(length)
        }
        return sum / Double(count)
    }
}
