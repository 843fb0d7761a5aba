import CLIP
import Tensor
import Testing

struct SteadyStateTests {
    @Test("after one warm-up picture, encoding and classifying take no new buffer")
    func noNewBuffers() async {
        // In a process of its own: other tests share the pool.
        await #expect(processExitsWith: .success) {
            // On one thread, for which buffers are held at the same time depends on how bands of rows happen
            // to overlap.
            Parallel.threads = 1
            let (clip, steps) = (try CLIPGolden.all[0].model(), try CLIPGolden.all[0].steps())
            let picture = try steps.picture()
            let texts = try clip.embed(["dog", "cat"])
            func once() throws { _ = clip.classify(try clip.encode(picture), as: texts) }
            try once()
            let before = BufferPool.shared.statistics.allocations
            for _ in 0..<3 { try once() }
            let after = BufferPool.shared.statistics.allocations
            precondition(after == before, "\(after - before) new buffers")
        }
    }
}
