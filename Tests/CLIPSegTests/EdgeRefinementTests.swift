import CLIPSeg
import SpanielTestSupport
import Tensor
import Testing

struct EdgeRefinementTests {
    /// A bright disc on a dark, slightly noisy ground, and probabilities that are as coarse as patches.
    private func scene() -> (picture: Picture, truth: Mask, map: CLIPSeg.ScoreMap) {
        let (width, height, side) = (300, 200, 88)
        let truth = Mask(width: width, height: height) { x, y in
            let (dx, dy) = (Double(x) - 140, Double(y) - 95)
            return dx * dx / 4900 + dy * dy / 2500 < 1
        }
        var generator = Generator(seed: 1)
        let pixels = (0..<width * height).flatMap { i -> [UInt8] in
            let level = (truth[i % width, i / width] ? 190 : 60) + Int.random(in: -8...8, using: &generator)
            return [UInt8](repeating: UInt8(level), count: 3)
        }
        // The share of the object in each of 11 × 11 patches, enlarged to 88 × 88: what a decoder of patches
        // knows.
        let patches = (0..<121).map { i -> Float in
            let columns = i % 11 * width / 11..<(i % 11 + 1) * width / 11
            let rows = i / 11 * height / 11..<(i / 11 + 1) * height / 11
            let inside = rows.reduce(0) { sum, y in sum + columns.count { truth[$0, y] } }
            return Float(inside) / Float(columns.count * rows.count)
        }
        let shares = Tensor(patches, [11, 11]).interpolatedBilinear(height: side, width: side)
        let logits = shares.map { 8 * $0 - 4 }
        return (
            Picture(rgb: pixels, width: width, height: height), truth,
            CLIPSeg.ScoreMap(logits: logits, size: Size(width: width, height: height))
        )
    }

    @Test("a coarse mask takes the shape of its object")
    func follows() throws {
        let (picture, truth, map) = scene()
        let coarse = map.mask(threshold: 0.5).iou(truth)
        let refined = try map.refined(by: picture)
        let fine = refined.mask(threshold: 0.5).iou(truth)
        #expect(fine > coarse && fine > 0.97, "\(coarse) became \(fine)")
        #expect(refined.probabilities.allSatisfy { $0 >= 0 && $0 <= 1 })
    }

    @Test("where the picture shows no edge, the probabilities are only smoothed")
    func flat() throws {
        let (picture, _, map) = scene()
        let grey = Picture(
            rgb: [UInt8](repeating: 99, count: 3 * picture.width * picture.height), width: picture.width,
            height: picture.height)
        let smooth = map.logits.sigmoid().boxMean(2).boxMean(2)
        let expected = smooth.interpolatedBilinear(height: picture.height, width: picture.width)
        let refined = Tensor(try map.refined(by: grey).probabilities, expected.shape)
        // The variance of equal numbers is a rounding error, not quite zero.
        expectClose(refined, expected, "refined", tolerance: 1e-4)
        let constant = CLIPSeg.ScoreMap(logits: .zeros([9, 9]), size: picture.size)
        #expect(try constant.refined(by: picture).probabilities.allSatisfy { abs($0 - 0.5) < 1e-5 })
    }

    @Test("a window's mean is that of the cells it covers", arguments: [0, 1, 3, 20])
    func windows(reach: Int) {
        var generator = Generator(seed: 5)
        let map = generator.tensor([7, 11])
        let means = map.boxMean(reach)
        for y in 0..<7 {
            for x in 0..<11 {
                var values: [Float] = []
                for v in max(0, y - reach)...min(6, y + reach) {
                    for u in max(0, x - reach)...min(10, x + reach) { values.append(map[v, u]) }
                }
                #expect(abs(means[y, x] - values.reduce(0, +) / Float(values.count)) < 1e-6)
            }
        }
    }

    @Test("edges are taken from the encoded picture only")
    func otherPicture() throws {
        let (picture, _, map) = scene()
        let other = Picture(rgb: [0, 0, 0], width: 1, height: 1)
        #expect(throws: CLIPSegError.otherPicture(expected: picture.size, found: other.size)) {
            try map.refined(by: other)
        }
    }
}
