import OWLViT
import Tensor
import Testing

struct SteadyStateTests {
    @Test("after one warm-up picture, encoding and detecting take no new buffer")
    func noNewBuffers() async {
        // In a process of its own: other tests share the pool.
        await #expect(processExitsWith: .success) {
            // On one thread, for which buffers are held at the same time depends on how blocks of rows happen
            // to overlap.
            Parallel.threads = 1
            let owl = try OWLViTGolden.v2.model()
            let pictures = (0..<4).map(OWLViTGolden.picture)
            let thing = try owl.learn([Example(pictures[0], box: Box(x1: 20, y1: 10, x2: 70, y2: 50))])
            func once(_ i: Int) throws {
                _ = try owl.detect(thing, in: owl.encode(pictures[i]), options: .init(threshold: 0))
            }
            for i in pictures.indices { try once(i) }
            let before = BufferPool.shared.statistics.allocations
            for i in pictures.indices { try once(i) }
            let after = BufferPool.shared.statistics.allocations
            precondition(after == before, "\(after - before) new buffers")
        }
    }
}
