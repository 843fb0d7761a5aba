package import Tensor

extension SAM {
    /// The pyramid brings every stage to one width and adds coarse levels to finer ones:
    ///
    ///     level = Linear(stage) + Enlarge(next coarser level)    for the levels named so, else Linear(stage)
    ///
    /// The third level is the embedding. The decoder reads the two finest after one more linear layer each,
    /// which is folded into theirs where nothing stands between.
    package struct FeaturePyramid: Sendable {
        /// From each stage's width to the pyramid's, the finest first.
        private let laterals: [Linear]
        /// From the pyramid's width to the decoder's, for the two finest levels.
        private let reductions: [Linear]
        /// Both at once, for levels that are neither added to nor added.
        private let folded: [Linear?]
        private let topDown: Set<Int>

        /// - Parameter weights: the root of the model's.
        init(_ weights: Weights, _ configuration: Configuration.Hiera) throws {
            let (stages, channels) = (configuration.stages, configuration.outputChannels)
            let neck = weights["vision_encoder"]["neck"]["convs"]
            let topDown = configuration.topDownLevels
            let wide = try stages.indices.map {
                try Projection(neck[stages.count - 1 - $0], in: stages[$0].channels, out: channels)
            }
            let narrow = try [(0, 8), (1, 4)].map { level, share in
                try Projection(
                    weights["mask_decoder"]["conv_s\(level)"], in: channels, out: channels / share)
            }
            let precision = weights.precision
            laterals = wide.map { $0.linear(precision) }
            reductions = narrow.map { $0.linear(precision) }
            folded = narrow.indices.map { level in
                topDown.contains(level) || topDown.contains(level - 1)
                    ? nil : wide[level].followed(by: narrow[level]).linear(precision)
            }
            self.topDown = topDown
        }

        /// - Parameter stages: every stage's result, [1, h, w, C], the finest first.
        package func callAsFunction(_ stages: [Tensor]) -> ImageFeatures {
            let last = stages.count - 1
            var whole = laterals[last](stages[last])
            func refined(_ level: Int) -> Tensor {
                let coarser = topDown.contains(level) ? whole.repeatedCells(side: 2) : nil
                return laterals[level](stages[level], residual: coarser)
            }
            for level in (2..<last).reversed() { whole = refined(level) }
            var features = ImageFeatures(embedding: whole)
            for level in [1, 0] {
                guard let folded = folded[level] else {
                    whole = refined(level)
                    features.fineLevels.insert(reductions[level](whole), at: 0)
                    continue
                }
                features.fineLevels.insert(folded(stages[level]), at: 0)
            }
            return features
        }
    }
}

/// The weights of a 1 × 1 convolution.
private struct Projection {
    /// [out, in]
    let weight: Tensor
    /// [out]
    let bias: Tensor

    init(_ weights: Weights, in channels: Int, out: Int) throws {
        weight = try weights.tensor("weight", [out, channels, 1, 1]).reshaped([out, channels])
        bias = try weights.tensor("bias", [out])
    }

    private init(weight: Tensor, bias: Tensor) { (self.weight, self.bias) = (weight, bias) }

    /// V(Wx + b) + c = (VW)x + (Vb + c)
    func followed(by next: Projection) -> Projection {
        let column = matmul(next.weight, bias.reshaped([1, bias.count]), transposed: true)
        return Projection(
            weight: matmul(next.weight, weight), bias: column.reshaped([next.bias.count]) + next.bias)
    }

    func linear(_ precision: Tensor.Precision) -> Linear {
        Linear(weight: weight, bias: bias, precision: precision)
    }
}
