import SAM
import SpanielTestSupport
import Tensor
import Testing

struct PredictionTests {
    @Test("logits enlarged to the picture are transformers'", arguments: SAMGolden.all)
    func enlarged(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let frame = sam.preprocessing(try steps.picture(0)).frame
        let (logits, expected) = (try steps["prompt.2.logits"], try steps["prompt.2.full"])
        for i in 0..<logits.shape[0] {
            let prediction = SAM.Prediction(score: 0, logits: logits[leading: i], frame: frame)
            var rows = prediction.rows
            var row = [Float](repeating: 0, count: 61)
            var found: [Float] = []
            for y in 0..<43 {
                rows.fill(y, &row)
                found += row
            }
            // A position of up to 61 in float32 is known to 4e-6, and so are the weights of its two
            // neighbours.
            expectClose(Tensor(found, [43, 61]), expected[leading: i], "mask \(i)", tolerance: 4e-6)
            #expect(prediction.mask() == Mask(width: 61, height: 43) { x, y in found[y * 61 + x] > 0 })
        }
    }

    @Test("the row-wise enlargement has the same numbers as two whole ones, in any order of rows")
    func rowwise() {
        var generator = Generator(seed: 3)
        for (side, input, kept, final) in [
            (8, 32, (20, 32), (5, 9)), (6, 24, (24, 7), (90, 31)), (5, 20, (1, 20), (1, 40)),
        ] {
            let map = generator.tensor([side, side])
            let middle = map.interpolatedBilinear(height: input, width: input)
            let cut = Tensor(
                (0..<kept.0).flatMap { y in (0..<kept.1).map { middle[y, $0] } }, [kept.0, kept.1])
            let whole = cut.interpolatedBilinear(height: final.0, width: final.1)
            var rows = TwoStepInterpolation(map, to: (input, input), keeping: kept, to: final)
            var row = [Float](repeating: 0, count: final.1)
            for y in Array(0..<final.0) + (0..<final.0).reversed() + [final.0 / 2, 0, final.0 - 1] {
                rows.fill(y, &row)
                let expected = whole[leading: y].array
                #expect(row == expected)
                let highest = expected.max() ?? 0
                #expect(!rows.isBelow(highest, row: y))
            }
            #expect(rows.isBelow(1.1, row: 0))
        }
    }

    @Test("the best prediction is the first of the highest score")
    func best() {
        let frame = SAM.Frame(
            original: Size(width: 1, height: 1), resized: Size(width: 1, height: 1), side: 1)
        let predictions = [0.5, 0.9, 0.9, 0.1].enumerated().map { i, score in
            SAM.Prediction(score: Float(score), logits: Tensor([Float(i)], [1, 1]), frame: frame)
        }
        #expect(predictions.best.logits.array == [1])
    }
}
