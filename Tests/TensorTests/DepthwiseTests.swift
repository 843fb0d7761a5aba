import SpanielTestSupport
import Tensor
import Testing

/// Depthwise convolutions, bottlenecks and folded batch norms of every instruction set against their formulas in
/// double precision.
@Suite struct DepthwiseTests {
    struct Case: Sendable, CustomStringConvertible {
        let height: Int
        let width: Int
        let channels: Int
        let stride: Int
        var description: String { "\(height) × \(width) × \(channels), stride \(stride)" }
    }

    static let cases = [
        Case(height: 1, width: 1, channels: 1, stride: 1),
        Case(height: 1, width: 1, channels: 17, stride: 2),
        Case(height: 2, width: 1, channels: 16, stride: 2),
        Case(height: 5, width: 7, channels: 3, stride: 1),
        Case(height: 6, width: 9, channels: 33, stride: 2),
        Case(height: 7, width: 8, channels: 40, stride: 2),
        Case(height: 3, width: 131, channels: 20, stride: 1),
        Case(height: 70, width: 66, channels: 5, stride: 1),
        Case(height: 67, width: 129, channels: 4, stride: 2),
        Case(height: 4, width: 5, channels: 6, stride: 3),
    ]

    /// The convolution of each channel by itself, [height, width, C] each way.
    static func truth(_ x: Tensor, _ weight: Tensor, _ bias: Tensor, stride: Int) -> [Double] {
        let (height, width, channels) = (x.shape[0], x.shape[1], x.shape[2])
        let (values, kernels, summands) = (x.array, weight.array, bias.array)
        var out: [Double] = []
        for row in Swift.stride(from: 0, to: height, by: stride) {
            for column in Swift.stride(from: 0, to: width, by: stride) {
                for c in 0..<channels {
                    var sum = Double(summands[c])
                    for y in max(0, row - 1)..<min(height, row + 2) {
                        for z in max(0, column - 1)..<min(width, column + 2) {
                            sum +=
                                Double(values[(y * width + z) * channels + c])
                                * Double(kernels[c * 9 + (y - row + 1) * 3 + z - column + 1])
                        }
                    }
                    out.append(sum)
                }
            }
        }
        return out
    }

    @Test("a depthwise convolution equals its formula", arguments: cases)
    func plain(_ c: Case) {
        var generator = Generator(seed: 11)
        let x = generator.tensor([2, c.height, c.width, c.channels], in: -3...3)
        let weight = generator.tensor([c.channels, 1, 3, 3])
        let bias = generator.tensor([c.channels])
        let layer = DepthwiseConv2d(weight: weight, bias: bias, stride: c.stride)
        let expected = (0..<2).flatMap {
            Self.truth(x[leading: $0], weight, bias, stride: c.stride).map(Float.init)
        }
        let found = layer(x)
        let side = { (extent: Int) in (extent + c.stride - 1) / c.stride }
        #expect(found.shape == [2, side(c.height), side(c.width), c.channels])
        // Ten terms up to three.
        #expect(largestDifference(found.array, expected).difference <= 4e-6)
        for activation in [Tensor.Activation.gelu, .relu, .quickGELU, .silu] {
            // The same vector function on the same sums, at other places of the vector.
            let difference = largestDifference(
                layer(x, activation: activation).array, found.activated(activation).array
            ).difference
            #expect(difference <= 1e-6)
        }
    }

    @Test("numbers that are not finite stay in their channel's neighbourhood")
    func extremes() {
        var values = [Float](repeating: 1, count: 5 * 6 * 18)
        values[(2 * 6 + 3) * 18 + 17] = .nan
        values[0] = .infinity
        let layer = DepthwiseConv2d(
            weight: Tensor(repeating: 1, [18, 1, 3, 3]), bias: .zeros([18]))
        let found = layer(Tensor(values, [1, 5, 6, 18]))
        for y in 0..<5 {
            for x in 0..<6 {
                for c in 0..<18 {
                    let value = found[0, y, x, c]
                    #expect(value.isNaN == (c == 17 && abs(y - 2) <= 1 && abs(x - 3) <= 1))
                    #expect((value == .infinity) == (c == 0 && y <= 1 && x <= 1))
                }
            }
        }
    }

    static let bottlenecks = cases.flatMap { c in
        Tensor.Precision.allCases.flatMap { precision in
            (c.stride == 1 ? [true, false] : [false]).map { (c, precision, $0) }
        }
    }

    @Test("a bottleneck by strips has the bits of its layers one after the other", arguments: bottlenecks)
    func bottleneck(_ c: Case, precision: Tensor.Precision, addsInput: Bool) {
        var generator = Generator(seed: 12)
        let (hidden, out) = (3 * c.channels + 1, addsInput ? c.channels : c.channels + 2)
        func layer(_ out: Int, _ channels: Int) -> Linear {
            Linear(
                weight: generator.tensor([out, channels]), bias: generator.tensor([out]), precision: precision
            )
        }
        let x = generator.tensor([2, c.height, c.width, c.channels])
        let block = Bottleneck(
            expansion: layer(hidden, c.channels),
            depthwise: DepthwiseConv2d(
                weight: generator.tensor([hidden, 1, 3, 3]), bias: generator.tensor([hidden]),
                stride: c.stride),
            projection: layer(out, hidden), activation: .gelu)
        let stepwise = block.stepwise(x, addsInput: addsInput)
        #expect(
            stepwise.shape == [
                2, (c.height + c.stride - 1) / c.stride, (c.width + c.stride - 1) / c.stride, out,
            ])
        #expect(block(x, addsInput: addsInput).array == stepwise.array)
    }

    /// Weights of a convolution and its batch norm, in memory.
    private func normed(_ convolution: Tensor, _ norm: [(String, [Float])]) -> Weights {
        Weights(
            [("c.weight", convolution)] + norm.map { ("bn.\($0)", Tensor($1, [$1.count])) }, name: "folding")
    }

    @Test("batch norms fold into convolutions, whatever their running variance")
    func folding() throws {
        // Zero, so small that it is lost in ε, ordinary, and as large as a Float holds.
        let variance: [Float] = [0, 1e-38, 1e-12, 0.25, 3, 1e10, 3e38]
        let count = variance.count
        var generator = Generator(seed: 13)
        let (factor, summand, mean) = (
            generator.tensor([count]), generator.tensor([count]), generator.tensor([count], in: -100...100)
        )
        let kernel = generator.tensor([count, 2, 3, 3])
        let weights = normed(
            kernel,
            [
                ("weight", factor.array), ("bias", summand.array), ("running_mean", mean.array),
                ("running_var", variance),
            ])
        let layer = try Conv2d(folding: weights, in: 2, out: count, kernel: 3, stride: 2)
        let plain = Conv2d(weight: kernel, bias: nil, stride: 2)
        let x = generator.tensor([1, 5, 6, 2])
        let (found, sums) = (layer(x), plain(x))
        #expect(found.shape == sums.shape)
        for (i, (value, sum)) in zip(found.array, sums.array).enumerated() {
            let c = i % count
            let scale = Double(factor.array[c]) / (Double(variance[c]) + 1e-5).squareRoot()
            let expected = (Double(sum) - Double(mean.array[c])) * scale + Double(summand.array[c])
            // The sum's own roundings, 18 products of numbers up to one, scaled.
            let bound = 4e-6 * abs(scale) + 2e-7 * abs(Double(mean.array[c]) * scale) + 2e-7
            #expect(abs(Double(value) - expected) <= bound, "channel \(c)")
        }
    }
}
