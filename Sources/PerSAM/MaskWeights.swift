package import Tensor
import SpanielPlatform

/// PerSAM-F's two weights (PerSAM, section 3.3), which mix the decoder's three masks into the object's.
///
///     mask = (1 - w₁ - w₂) m₀ + w₁ m₁ + w₂ m₂
package struct MaskWeights: Sendable, Equatable {
    /// w₁
    package var second: Float
    /// w₂
    package var third: Float

    package init(second: Float, third: Float) {
        self.second = second
        self.third = third
    }

    /// Mixes three maps of logits.
    /// - Parameter logits: [3, h, w].
    /// - Returns: [h, w].
    package func mixture(of logits: Tensor) -> Tensor {
        logits[leading: 0] * (1 - second - third) + logits[leading: 1] * second + logits[leading: 2] * third
    }

    /// Fits the weights to a mask by AdamW on dice plus focal loss, as the authors do. The three maps are
    /// constant meanwhile, so that a fit at low resolution takes milliseconds.
    /// - Parameters:
    ///   - maps: three maps of logits, one value for each pixel.
    ///   - truth: whether each pixel is the object's.
    package init(fitting maps: [[Float]], to truth: [Bool], epochs: Int = 1000, rate: Double = 1e-3) {
        let loss = MaskLoss(maps: maps, truth: truth)
        var weights = (1.0 / 3, 1.0 / 3)
        var (first, firstSquare, second, secondSquare) = (0.0, 0.0, 0.0, 0.0)
        for epoch in 0..<epochs {
            let step = rate / 2 * (1 + cos(.pi * Double(epoch) / Double(epochs)))
            let gradient = loss.gradient(weights)
            // PyTorch's AdamW: weight decay 0.01, betas 0.9 and 0.999, ε 1e-4.
            first = 0.9 * first + 0.1 * gradient.0
            second = 0.9 * second + 0.1 * gradient.1
            firstSquare = 0.999 * firstSquare + 0.001 * gradient.0 * gradient.0
            secondSquare = 0.999 * secondSquare + 0.001 * gradient.1 * gradient.1
            let (bias, squareBias) = (1 - pow(0.9, Double(epoch + 1)), 1 - pow(0.999, Double(epoch + 1)))
            weights.0 -=
                step * (0.01 * weights.0 + first / bias / ((firstSquare / squareBias).squareRoot() + 1e-4))
            weights.1 -=
                step * (0.01 * weights.1 + second / bias / ((secondSquare / squareBias).squareRoot() + 1e-4))
        }
        self.init(second: Float(weights.0), third: Float(weights.1))
    }
}

/// Dice plus focal loss of a mixture of three maps, and its gradient with respect to the two weights.
///
///     dice = 1 - (2 Σ p g + 1) / (Σ p + Σ g + 1)
///     focal = mean of α (1 - pₜ)² · -ln pₜ, α being ¼ on the object and ¾ beside it
private struct MaskLoss {
    let base: [Float]
    let toSecond: [Float]
    let toThird: [Float]
    let truth: [Bool]
    private let objectArea: Double

    init(maps: [[Float]], truth: [Bool]) {
        base = maps[0]
        toSecond = zip(maps[1], maps[0]).map { $0 - $1 }
        toThird = zip(maps[2], maps[0]).map { $0 - $1 }
        self.truth = truth
        objectArea = Double(truth.count { $0 })
    }

    func gradient(_ weights: (Double, Double)) -> (Double, Double) {
        let (w1, w2) = (Float(weights.0), Float(weights.1))
        // The sums that dice divides, and the derivatives of each sum and of the focal loss by each weight.
        var (shared, total) = (0.0, 0.0)
        var (shared1, shared2, total1, total2, focal1, focal2) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for i in base.indices {
            let (d1, d2) = (toSecond[i], toThird[i])
            let x = base[i] + w1 * d1 + w2 * d2
            let e = expf(-abs(x))
            let p = (x >= 0 ? 1 : e) / (1 + e)
            let softplus = log1pf(e) + max(x, 0)  // softplus is -ln(1 - p), and softplus - x is -ln p.
            let slope = p * (1 - p)
            total += Double(p)
            total1 += Double(slope * d1)
            total2 += Double(slope * d2)
            let focal: Float
            if truth[i] {
                shared += Double(p)
                shared1 += Double(slope * d1)
                shared2 += Double(slope * d2)
                focal = 0.25 * (1 - p) * (1 - p) * (-2 * p * (softplus - x) - (1 - p))
            } else {
                focal = 0.75 * p * p * (2 * (1 - p) * softplus + p)
            }
            focal1 += Double(focal * d1)
            focal2 += Double(focal * d2)
        }
        let (numerator, denominator, count) = (2 * shared + 1, total + objectArea + 1, Double(base.count))
        func slope(_ shared: Double, _ total: Double, _ focal: Double) -> Double {
            -(2 * shared * denominator - numerator * total) / (denominator * denominator) + focal / count
        }
        return (slope(shared1, total1, focal1), slope(shared2, total2, focal2))
    }
}
