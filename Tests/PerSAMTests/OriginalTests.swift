import PerSAM
import SpanielTestSupport
import Tensor
import Testing

/// `--faithful` against a Python version of the original code's arithmetic with the same weights.
@Suite struct OriginalTests {
    @Test(
        "every tensor of the original's search is reproduced",
        arguments: [("guided", false), ("fitted", true)])
    func tensors(_ name: String, _ fineTune: Bool) throws {
        let original = Original(try Materials.sam())
        let target = try original.learn(
            Materials.small("boot"), mask: Materials.small("boot-mask"), fineTune: fineTune)
        let trace = try original.find(target, in: original.sam.encode(Materials.small("crowd")))
        let found = Dictionary(uniqueKeysWithValues: trace.tensors)
        for (key, expected) in try Materials.golden(name) {
            let tensor = try #require(found[key], "no \(key)")
            let (difference, magnitude) = largestDifference(tensor.array, expected.array)
            switch key {
            case "points": #expect(difference == 0, "points differ")
            // A pixel on the border may fall either way: an intersection over union of 0.999 lets 4 of some
            // 4,000 do so.
            case "mask": #expect(zip(tensor.array, expected.array).count { $0 != $1 } <= 4)
            // The rule for float32: a ten-thousandth of the tensor's largest value.
            default:
                #expect(difference <= 1e-4 * magnitude, "\(key) differs by \(difference) of \(magnitude)")
            }
        }
    }

    @Test("the two weights are those of PyTorch's AdamW")
    func fit() throws {
        let golden = try Materials.golden("fit")
        let maps = try #require(golden["maps"])
        let weights = MaskWeights(
            fitting: (0..<3).map { maps[leading: $0].array },
            to: try #require(golden["truth"]).array.map { $0 > 0 })
        let expected = try #require(golden["weights"]).array
        // A thousand steps in float32 there and float64 here.
        #expect(abs(weights.second - expected[0]) <= 1e-4 && abs(weights.third - expected[1]) <= 1e-4)
    }

    @Test("a mask that the original reads as empty is an error that says so")
    func greyMask() throws {
        let picture = try Materials.small("boot")
        let grey = Picture(
            rgb: [UInt8](repeating: 100, count: 3 * picture.width * picture.height), width: picture.width,
            height: picture.height)
        #expect(throws: PerSAMError.noCell) {
            try Original(Materials.sam()).learn(picture, mask: grey, fineTune: false)
        }
    }
}
