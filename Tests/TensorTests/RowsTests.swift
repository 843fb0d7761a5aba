import SpanielTestSupport
import Tensor
import Testing
import SpanielPlatform

/// Layer norm, softmax, activations and element-wise arithmetic against their formulas in double precision.
@Suite struct RowsTests {
    @Test("layer norm equals its formula", arguments: [1, 2, 15, 16, 17, 192, 768, 1000])
    func norm(_ channels: Int) {
        var generator = Generator(seed: 8)
        let x = generator.tensor([9, channels], in: -5...20)
        let weight = generator.tensor([channels])
        let bias = generator.tensor([channels])
        let found = layerNorm(x, weight: weight, bias: bias, epsilon: 1e-6).array
        let (values, w, b) = (x.array, weight.array, bias.array)
        var expected: [Float] = []
        for r in 0..<9 {
            let row = (0..<channels).map { Double(values[r * channels + $0]) }
            let mean = row.reduce(0, +) / Double(channels)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
            for c in 0..<channels {
                expected.append(
                    Float((row[c] - mean) / (variance + 1e-6).squareRoot() * Double(w[c]) + Double(b[c])))
            }
        }
        // The mean of numbers up to 20 is off by some ε of 20, and is divided by deviations of several.
        #expect(largestDifference(found, expected).difference <= (channels <= 2 ? 2e-2 : 1e-5))
    }

    @Test("softmax sums to one and keeps extremes", arguments: [1, 3, 16, 33, 4096])
    func soft(_ columns: Int) {
        var generator = Generator(seed: 9)
        let x = generator.tensor([4, columns], in: -90...90)
        let found = softmax(x).array
        let values = x.array
        for r in 0..<4 {
            let row = (0..<columns).map { Double(values[r * columns + $0]) }
            let top = row.max()!
            let total = row.reduce(0) { $0 + exp($1 - top) }
            for c in 0..<columns {
                #expect(abs(Double(found[r * columns + c]) - exp(row[c] - top) / total) <= 1e-6)
            }
        }
    }

    @Test(
        "softmax over the members of groups equals its formula",
        arguments: [[1, 1], [7, 8], [5, 16], [3, 20], [64, 33], [9, 3]])
    func softGroups(_ extents: [Int]) {
        var generator = Generator(seed: 10)
        let (rows, members, groups) = (130, extents[0], extents[1])
        let x = generator.tensor([rows, members * groups], in: -30...30)
        let (values, found) = (x.array, softmax(x, groups: groups).array)
        var expected: [Float] = []
        for r in 0..<rows {
            for m in 0..<members {
                for g in 0..<groups {
                    let column = (0..<members).map { Double(values[(r * members + $0) * groups + g]) }
                    let top = column.max()!
                    expected.append(Float(exp(column[m] - top) / column.reduce(0) { $0 + exp($1 - top) }))
                }
            }
        }
        #expect(largestDifference(found, expected).difference <= 1e-6)
    }

    @Test("exp, erf, GELU, SiLU and sigmoid stay within their bounds")
    func elementary() {
        let xs = (-120_000...120_000).map { Float($0) / 1000 } + [0, -0.0, 1e-30, -1e-30, 88.72, -87.3]
        let x = Tensor(xs, [xs.count])
        for (value, found) in zip(xs, x.exp().array) where abs(value) <= 87.3 {
            #expect(abs(Double(found) / exp(Double(value)) - 1) <= 1e-7)
        }
        for (value, found) in zip(xs, x.errorFunction().array) {
            #expect(abs(Double(found) - erf(Double(value))) <= 5e-7)
        }
        for (value, found) in zip(xs, x.gelu().array) {
            let truth = 0.5 * Double(value) * (1 + erf(Double(value) / 2.0.squareRoot()))
            // The bound of erf times half of x, and a rounding.
            #expect(abs(Double(found) - truth) <= 2.5e-7 * abs(Double(value)) + abs(truth) * 1.2e-7 + 1e-30)
        }
        for (value, found) in zip(xs, x.activated(.quickGELU).array) {
            let truth = Double(value) / (1 + exp(-1.702 * Double(value)))
            // The rounding of 1.702 x before the exponential, a relative error of 1.702 |x| ε.
            #expect(abs(Double(found) - truth) <= (3e-7 + 2e-7 * abs(Double(value))) * abs(truth) + 1e-30)
        }
        for (value, found) in zip(xs, x.activated(.silu).array) {
            let truth = Double(value) / (1 + exp(-Double(value)))
            #expect(abs(Double(found) - truth) <= 3e-7 * abs(truth) + 1e-30)
        }
        for (value, found) in zip(xs, x.sigmoid().array) {
            #expect(abs(Double(found) - 1 / (1 + exp(-Double(value)))) <= 3e-7)
        }
        let odd = Tensor([.infinity, -.infinity, .nan, 200, -200], [5])
        let powers = odd.exp().array
        #expect(
            powers[0] == .infinity && powers[1] == 0 && powers[2].isNaN && powers[3] == .infinity
                && powers[4] == 0)
        #expect(odd.errorFunction().array[0] == 1 && odd.errorFunction().array[2].isNaN)
    }

    @Test("arithmetic repeats the shorter tensor")
    func arithmetic() {
        let a = Tensor([1, 2, 3, 4, 5, 6], [2, 3])
        let b = Tensor([10, 20, 30], [3])
        #expect((a + b).array == [11, 22, 33, 14, 25, 36])
        #expect((a - b).array == [-9, -18, -27, -6, -15, -24])
        #expect((a * b).array == [10, 40, 90, 40, 100, 180])
        var c = a
        c += b
        #expect(c.array == (a + b).array && a.array == [1, 2, 3, 4, 5, 6])
    }
}
