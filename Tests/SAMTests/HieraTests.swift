import SAM
import SpanielTestSupport
import Tensor
import Testing

struct HieraTests {
    @Test("a picture stretched over the square is transformers' input", arguments: SAMGolden.second)
    func preprocessing(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        for i in 0..<4 where steps.contains("picture.\(i)") {
            let (pixels, frame) = sam.preprocessing(try steps.picture(i))
            // transformers subtracts and divides in units of 1/255: one more rounding.
            expectClose(pixels, try steps["pixels.\(i)"], "picture \(i)", tolerance: 1e-6)
            #expect(frame.isStretched && frame.resized == Size(width: sam.imageSize, height: sam.imageSize))
        }
    }

    @Test("patches and positions are transformers'", arguments: SAMGolden.second)
    func patches(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoder = try #require(sam.imageEncoder as? SAM.Hiera)
        let patches = encoder.patches(try steps["pixels.0"])
        expectClose(patches, try steps["patches.out"], "patches")
        expectClose(patches + encoder.positions, try steps["positions.out"], "positions")
    }

    @Test("each block is transformers', in windows, over the grid, and pooling", arguments: SAMGolden.second)
    func blocks(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoder = try #require(sam.imageEncoder as? SAM.Hiera)
        let blocks = encoder.stages.flatMap(\.self)
        for (i, block) in blocks.enumerated() {
            let x = try steps[i == 0 ? "positions.out" : "block.\(i - 1).out"]
            if block.isPooling {
                expectClose(
                    block.residual(x, block.norm1(x)), try steps["pooling.\(i).out"], "pooling \(i)")
            }
            expectClose(block(x), try steps["block.\(i).out"], "block \(i)")
        }
        #expect(blocks.count { $0.isPooling } == encoder.stages.count - 1)
        #expect(blocks.contains { $0.window == nil })
    }

    @Test(
        "the pyramid is transformers', with the decoder's two layers folded in", arguments: SAMGolden.second)
    func pyramid(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoder = try #require(sam.imageEncoder as? SAM.Hiera)
        var last = -1
        let stages = try encoder.stages.map { stage in
            last += stage.count
            return try steps["block.\(last).out"]
        }
        let features = encoder.pyramid(stages)
        expectClose(features.embedding, try steps["neck.out"], "embedding")
        #expect(features.fineLevels.count == 2)
        for (i, level) in features.fineLevels.enumerated() {
            expectClose(level, try steps["level.\(i)"], "level \(i)")
        }
    }

    @Test("the whole encoder is transformers'", arguments: SAMGolden.second)
    func whole(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoding = try sam.encode(try steps.picture(0))
        // Some thirty products one after the other.
        expectClose(encoding.embedding, try steps["neck.out"][leading: 0], "embedding", tolerance: 2e-5)
        let expected = try steps["level.2"]
        expectClose(
            sam.cells(of: encoding.embedding).reshaped(expected.shape), expected, "with no memory",
            tolerance: 2e-5)
    }

    @Test("encoding stops when the task is cancelled")
    func cancelled() async throws {
        let (sam, steps) = (try SAMGolden.second[0].model(), try SAMGolden.second[0].steps())
        let picture = try steps.picture(0)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try sam.encode(picture)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
