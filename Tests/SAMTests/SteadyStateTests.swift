import SAM
import Tensor
import Testing

struct SteadyStateTests {
    @Test("after one warm-up picture, encoding, decoding and enlarging take no new buffer")
    func noNewBuffers() async {
        // In a process of its own: other tests share the pool.
        await #expect(processExitsWith: .success) {
            let (sam, steps) = (try SAMGolden.all[0].model(), try SAMGolden.all[0].steps())
            let pictures = try (0..<5).map(steps.picture)
            func once(_ i: Int) throws {
                let encoding = try sam.encode(pictures[i])
                for prompt in [
                    SAM.Prompt(point: Point(x: 3, y: 0)), SAM.Prompt(box: Box(x1: 0, y1: 0, x2: 5, y2: 1)),
                ] {
                    _ = try sam.masks(for: prompt, in: encoding).best.mask()
                }
            }
            try once(0)
            let before = BufferPool.shared.statistics.allocations
            for i in [1, 3, 0] { try once(i) }
            let after = BufferPool.shared.statistics.allocations
            precondition(after == before, "\(after - before) new buffers")
        }
    }
}
