import CLIPSeg
import Tensor
import Testing

struct SteadyStateTests {
    @Test("after one warm-up picture, encoding, decoding and segmenting take no new buffer")
    func noNewBuffers() async {
        // In a process of its own: other tests share the pool.
        await #expect(processExitsWith: .success) {
            // On one thread, for which buffers are held at the same time depends on how bands of rows happen
            // to overlap.
            Parallel.threads = 1
            let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
            let pictures = try (0..<4).map(steps.picture)
            let cat = try clipseg.concept("cat", steps.prompts("conditional.texts"))
            func once(_ i: Int) throws {
                _ = try clipseg.segment([cat], in: clipseg.encode(pictures[i]), refinedBy: pictures[i])
            }
            for i in pictures.indices { try once(i) }
            let before = BufferPool.shared.statistics.allocations
            for i in pictures.indices { try once(i) }
            let after = BufferPool.shared.statistics.allocations
            precondition(after == before, "\(after - before) new buffers")
        }
    }
}
