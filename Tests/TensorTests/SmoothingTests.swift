import SpanielTestSupport
import Tensor
import Testing

/// A norm before a quantised layer hands its channels' reach on to the layer's weight.
@Suite struct SmoothingTests {
    private static let channels = 96

    /// A norm one of whose channels reaches fifty times as far as the others, one that is always zero, and what
    /// reads it.
    private static func layer() -> (norm: LayerNorm, weight: Tensor, x: Tensor) {
        var generator = Generator(seed: 31)
        var weight = generator.tensor([channels]).map { 1 + 0.2 * $0 }.array
        (weight[7], weight[8]) = (50, 0)
        var bias = generator.tensor([channels]).array
        bias[8] = 0
        let norm = LayerNorm(
            weight: Tensor(weight, [channels]), bias: Tensor(bias, [channels]), epsilon: 1e-6)
        return (norm, generator.tensor([64, channels]), generator.tensor([40, channels]))
    }

    private static func answer(_ norm: LayerNorm, _ precision: Tensor.Precision) -> [Float] {
        let (_, weight, x) = layer()
        return Linear(weight: norm.reading(weight), bias: nil, precision: precision)(norm(x)).array
    }

    private static func error(_ found: [Float], _ truth: [Float]) -> Float {
        let (difference, length) = zip(found, truth).reduce((Float(0), Float(0))) { sums, pair in
            (sums.0 + (pair.0 - pair.1) * (pair.0 - pair.1), sums.1 + pair.1 * pair.1)
        }
        return (difference / length).squareRoot()
    }

    @Test("in int8 a channel that reaches far costs less than three quarters of what it does unsmoothed")
    func error() {
        let norm = Self.layer().norm
        let truth = Self.answer(norm, .float32)
        let smoothed = Self.error(Self.answer(norm.smoothed(for: .int8), .int8), truth)
        #expect(smoothed < 0.75 * Self.error(Self.answer(norm, .int8), truth))
        #expect(smoothed < 0.01)
    }

    @Test("the smoothed norm and the layer together are the same layer")
    func same() {
        let norm = Self.layer().norm
        // Two more roundings a channel, of sums of 96 products.
        #expect(
            Self.error(Self.answer(norm.smoothed(for: .int8), .float32), Self.answer(norm, .float32)) < 1e-6)
    }

    @Test("in other precisions a norm stays as it is", arguments: [Tensor.Precision.float32, .bfloat16])
    func others(_ precision: Tensor.Precision) {
        let norm = Self.layer().norm
        let smoothed = norm.smoothed(for: precision)
        #expect(smoothed.weight.array == norm.weight.array && smoothed.bias.array == norm.bias.array)
        #expect(smoothed.reading(Self.layer().weight).array == Self.layer().weight.array)
    }
}
