import SAM
import SpanielTestSupport
import Tensor
import Testing

struct ImageEncoderTests {
    @Test("patches are the convolution's", arguments: SAMGolden.all)
    func patches(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoder = try #require(sam.imageEncoder as? SAM.ViTDet)
        expectClose(encoder.patches(try steps["pixels.0"]), try steps["patches.out"], "patches")
    }

    @Test(
        "attention in padded windows and over the grid, with relative positions and without, is transformers'",
        arguments: SAMGolden.all)
    func attention(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoder = try #require(sam.imageEncoder as? SAM.ViTDet)
        for (i, layer) in encoder.layers.enumerated() {
            expectClose(
                layer.attention(try steps["attention.\(i).in"]), try steps["attention.\(i).out"],
                "attention \(i)")
        }
    }

    @Test("each layer is transformers'", arguments: SAMGolden.all)
    func layers(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoder = try #require(sam.imageEncoder as? SAM.ViTDet)
        for (i, layer) in encoder.layers.enumerated() {
            expectClose(layer(try steps["layer.\(i).in"]), try steps["layer.\(i).out"], "layer \(i)")
        }
    }

    @Test("the neck is transformers'", arguments: SAMGolden.all)
    func neck(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoder = try #require(sam.imageEncoder as? SAM.ViTDet)
        expectClose(encoder.neck(try steps["neck.in"]), try steps["neck.out"], "neck")
    }

    @Test("the whole encoder is transformers'", arguments: SAMGolden.all)
    func whole(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoding = try sam.encode(try steps.picture(0))
        expectClose(encoding.embedding, try steps["neck.out"][leading: 0], "embedding")
    }

    @Test("encoding from a task gives the same numbers, and stops when the task is cancelled")
    func tasks() async throws {
        let (sam, steps) = (try SAMGolden.all[0].model(), try SAMGolden.all[0].steps())
        let picture = try steps.picture(0)
        let encoding = try sam.encode(picture)
        expectClose(encoding.embedding, try steps["neck.out"][leading: 0], "embedding")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try sam.encode(picture)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
