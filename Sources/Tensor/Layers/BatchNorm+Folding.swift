// A convolution and the batch norm behind it are one convolution, when the norm's statistics are constants:
//
//     γ (W x - μ) / √(σ² + ε) + β = (W γ / √(σ² + ε)) x + (β - μ γ / √(σ² + ε))

/// A convolution's weight and bias with the batch norm behind it folded in.
struct FoldedWeights {
    private let convolution: PromisedTensor
    /// The convolution's own shape, [out, …].
    private let shape: Tensor.Shape
    private let scales: [Double]
    /// [out]
    let bias: Tensor

    /// Reads `c.weight` and the batch norm `bn` (`weight`, `bias`, `running_mean`, `running_var`), and folds
    /// them in double precision.
    /// - Parameter shape: the convolution's weight, [out, in, kernel, kernel].
    /// - Throws: `WeightsError` if one of them is absent or of another shape.
    init(_ weights: Weights, _ shape: Tensor.Shape, epsilon: Double = 1e-5) throws(WeightsError) {
        let out = shape[0]
        convolution = try weights["c"].promised("weight", shape)
        self.shape = shape
        let norm = weights["bn"]
        let factor = try norm.tensor("weight", [out]).array
        let summand = try norm.tensor("bias", [out]).array
        let mean = try norm.tensor("running_mean", [out]).array
        let variance = try norm.tensor("running_var", [out]).array
        let scales = zip(factor, variance).map { Double($0) / (Double($1) + epsilon).squareRoot() }
        self.scales = scales
        bias = Tensor((0..<out).map { Float(Double(summand[$0]) - Double(mean[$0]) * scales[$0]) }, [out])
    }

    /// The folded weight, of the convolution's shape.
    func weight() throws(WeightsError) -> Tensor {
        let each = shape.elementCount / max(1, shape[0])
        return try convolution.borrowed().withValues { values in
            Tensor(uninitialized: shape) { target in
                for i in values.indices { target[i] = Float(Double(values[i]) * scales[i / each]) }
            }
        }
    }
}

extension Conv2d {
    /// Reads the convolution `c` and folds the batch norm `bn` behind it into it.
    /// - Throws: `WeightsError` if one of their tensors is absent or of another shape.
    public init(folding weights: Weights, in channels: Int, out: Int, kernel: Int, stride: Int) throws {
        let folded = try FoldedWeights(weights, [out, channels, kernel, kernel])
        let matrix = try weights.packed(
            "folded weight", [out, kernel * kernel * channels], precision: weights.floatingPrecision
        ) { Self.rows(of: try folded.weight()) }
        self.init(product: Linear(weight: matrix, bias: folded.bias), kernel: kernel, stride: stride)
    }
}

extension DepthwiseConv2d {
    /// Reads the convolution `c` of 3 × 3, one kernel a channel, and folds the batch norm `bn` into it.
    /// - Throws: `WeightsError` if one of their tensors is absent or of another shape.
    public init(folding weights: Weights, _ channels: Int, stride: Int = 1) throws {
        let folded = try FoldedWeights(weights, [channels, 1, 3, 3])
        self.init(weight: try folded.weight(), bias: folded.bias, stride: stride)
    }
}

extension Linear {
    /// Reads the convolution `c` of 1 × 1, which is a linear layer of each cell, and folds the batch norm `bn`
    /// into it.
    /// - Throws: `WeightsError` if one of their tensors is absent or of another shape.
    public init(folding weights: Weights, in channels: Int, out: Int) throws {
        let folded = try FoldedWeights(weights, [out, channels, 1, 1])
        let matrix = try weights.packed("folded weight", [out, channels], precision: weights.precision) {
            try folded.weight().reshaped([out, channels])
        }
        self.init(weight: matrix, bias: folded.bias)
    }
}
