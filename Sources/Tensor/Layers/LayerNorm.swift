import SpanielPlatform

/// A layer norm over the last axis: (x - mean) / sqrt(variance + ε) · weight + bias.
public struct LayerNorm: Sendable {
    /// The factor of each channel, [C].
    public let weight: Tensor
    /// The summand of each channel, [C].
    public let bias: Tensor
    /// What is added to the variance, so that a constant row does not divide by zero.
    public let epsilon: Float
    /// What `smoothed(for:)` divided the channels by, [C]; nil without.
    private var smoothing: Tensor?

    /// Creates a layer norm of C channels.
    /// - Parameters:
    ///   - weight: [C]
    ///   - bias: [C]
    ///   - epsilon: added to the variance.
    public init(weight: Tensor, bias: Tensor, epsilon: Float) {
        self.weight = weight
        self.bias = bias
        self.epsilon = epsilon
    }

    /// Returns `x` with each row of its last axis normalised.
    /// - Parameter x: [..., C]
    /// - Returns: [..., C]
    public func callAsFunction(_ x: Tensor) -> Tensor {
        layerNorm(x, weight: weight, bias: bias, epsilon: epsilon)
    }
}

extension LayerNorm {
    /// Returns the norm for layers that quantise what they read token by token. For `int8` a channel that
    /// reaches more than twice as far as the middle one, by a ratio r, is divided by r to the power of 0.7, and
    /// the layers' weights are multiplied by it (`reading`). After SmoothQuant (Xiao et al. 2023).
    ///
    /// A norm's own weight and bias say how far its channels reach, 3 |weight| + |bias|, so that no pictures are
    /// needed for it. A token's farthest channel takes the others' digits, and a weight's takes its row's: the
    /// power of 0.5 leaves a tenth more error with sam-photo, and 1 more than no smoothing where all weights are
    /// alike and r is 50.
    package func smoothed(for precision: Tensor.Precision) -> LayerNorm {
        guard precision == .int8, weight.count > 0 else { return self }
        let reaches = zip(weight.array, bias.array).map { 3 * abs($0) + abs($1) }
        let middle = reaches.sorted()[reaches.count / 2]
        guard middle.isNormal else { return self }
        let factors = Tensor(
            reaches.map { $0.isFinite && $0 > 2 * middle ? pow($0 / middle, 0.7) : 1 }, [reaches.count])
        let inverse = factors.map { 1 / $0 }
        var norm = LayerNorm(weight: weight * inverse, bias: bias * inverse, epsilon: epsilon)
        norm.smoothing = factors
        return norm
    }

    /// Returns the weight [out, C] of a linear layer that reads this norm's result.
    package func reading(_ weight: Tensor) -> Tensor { smoothing.map { weight * $0 } ?? weight }
}
