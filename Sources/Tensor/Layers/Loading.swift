// Constructing a layer is loading it: each initializer reads its keys at the cursor and checks their shapes.

extension Linear {
    /// Reads `weight` [out, in] and, unless the layer has none, `bias` [out]; the layer computes in the
    /// cursor's precision.
    /// - Throws: `WeightsError` if one of them is absent or of another shape.
    public init(_ weights: Weights, in channels: Int, out: Int, bias: Bool = true) throws {
        try self.init(weights, in: channels, out: out, bias: bias, after: nil)
    }

    /// Reads the same for a layer that reads the result of `norm`, which may be smoothed.
    package init(_ weights: Weights, in channels: Int, out: Int, bias: Bool = true, after norm: LayerNorm?)
        throws
    {
        let matrix = try weights.promised("weight", [out, channels])
        self.init(
            weight: try weights.packed("weight", [out, channels], precision: weights.precision) {
                let weight = try matrix.borrowed()
                return norm?.reading(weight) ?? weight
            },
            bias: bias ? try weights.tensor("bias", [out]) : nil)
    }

    /// Reads `weight` and `bias`, and multiplies each output channel by a factor: λ ⊙ (x Wᵀ + b).
    /// - Parameter scale: λ, [out].
    /// - Throws: `WeightsError` if one of them is absent or of another shape.
    package init(_ weights: Weights, in channels: Int, out: Int, scaledBy scale: Tensor) throws {
        let matrix = try weights.promised("weight", [out, channels])
        self.init(
            weight: try weights.packed("scaled weight", [out, channels], precision: weights.precision) {
                try matrix.borrowed().rowsScaled(by: scale)
            },
            bias: try weights.tensor("bias", [out]) * scale)
    }
}

extension LayerNorm {
    /// Reads `weight` and `bias`, each [channels].
    /// - Throws: `WeightsError` if one of them is absent or of another shape.
    public init(_ weights: Weights, _ channels: Int, epsilon: Float) throws {
        self.init(
            weight: try weights.tensor("weight", [channels]), bias: try weights.tensor("bias", [channels]),
            epsilon: epsilon)
    }
}

extension Conv2d {
    /// Reads `weight` [out, in, kernel, kernel] and, unless the layer has none, `bias` [out].
    /// - Throws: `WeightsError` if one of them is absent or of another shape.
    public init(_ weights: Weights, in channels: Int, out: Int, kernel: Int, stride: Int, bias: Bool = true)
        throws
    {
        let weight = try weights.promised("weight", [out, channels, kernel, kernel])
        let matrix = try weights.packed(
            "weight", [out, kernel * kernel * channels], precision: weights.floatingPrecision
        ) { Self.rows(of: try weight.borrowed()) }
        self.init(
            product: Linear(weight: matrix, bias: bias ? try weights.tensor("bias", [out]) : nil),
            kernel: kernel, stride: stride)
    }
}

extension ConvTranspose2d {
    /// Reads `weight` [in, out, kernel, kernel] and `bias` [out].
    /// - Throws: `WeightsError` if one of them is absent or of another shape.
    public init(_ weights: Weights, in channels: Int, out: Int, kernel: Int) throws {
        let weight = try weights.promised("weight", [channels, out, kernel, kernel])
        let matrix = try weights.packed(
            "weight", [kernel * kernel * out, channels], precision: weights.floatingPrecision
        ) { Self.rows(of: try weight.borrowed()) }
        self.init(matrix: matrix, bias: try weights.tensor("bias", [out]), kernel: kernel)
    }
}

extension Embedding {
    /// Reads `weight` [count, channels].
    /// - Throws: `WeightsError` if it is absent or of another shape.
    public init(_ weights: Weights, count: Int, channels: Int) throws {
        self.init(table: try weights.kept("weight", [count, channels]))
    }
}

extension MLP {
    /// Reads two linear layers, called `names` at the cursor, with `hidden` channels between them.
    /// - Throws: `WeightsError` if a tensor is absent or of another shape.
    public init(
        _ weights: Weights, _ names: (first: String, second: String), channels: Int, hidden: Int,
        activation: Tensor.Activation
    ) throws {
        try self.init(
            weights, names, channels: channels, hidden: hidden, activation: activation, after: nil)
    }

    /// Reads the same of an MLP that reads the result of `norm`, which may have been smoothed.
    package init(
        _ weights: Weights, _ names: (first: String, second: String), channels: Int, hidden: Int,
        activation: Tensor.Activation, after norm: LayerNorm?
    ) throws {
        self.init(
            first: try Linear(weights[names.first], in: channels, out: hidden, after: norm),
            second: try Linear(weights[names.second], in: hidden, out: channels), activation: activation)
    }
}
