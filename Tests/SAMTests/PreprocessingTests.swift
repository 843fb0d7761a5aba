import SAM
import SpanielTestSupport
import Tensor
import Testing

struct PreprocessingTests {
    @Test(
        "pixel values are transformers' to the last bit, for wide, tall, square, enlarged and one-line pictures",
        arguments: SAMGolden.all)
    func pixelValues(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        for i in 0..<5 {
            let (pixels, frame) = sam.preprocessing(try steps.picture(i))
            expectClose(pixels, try steps["pixels.\(i)"], "picture \(i)", tolerance: 0)
            #expect(
                try steps["resized.\(i)"].array == [Float(frame.resized.height), Float(frame.resized.width)])
        }
    }

    @Test("a picture a thousand times as wide as high keeps one row")
    func thinPicture() throws {
        let sam = try SAMGolden.all[0].model()
        let picture = Picture(rgb: [UInt8](repeating: 90, count: 3000), width: 1000, height: 1)
        let (_, frame) = sam.preprocessing(picture)
        #expect(frame.resized == Size(width: 56, height: 1))
    }
}
