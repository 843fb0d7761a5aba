import SpanielImaging
import SpanielPlatform
import Tensor
import Testing
import ViT

struct SteadyStateTests {
    @Test("after one warm-up picture, encoding and classifying take no new buffer")
    func noNewBuffers() async {
        // In a process of its own: other tests share the pool.
        await #expect(processExitsWith: .success) {
            // On one thread, for which buffers are held at the same time depends on how bands of rows happen
            // to overlap.
            Parallel.threads = 1
            let vit = try ViT(contentsOf: ViTGolden.folder.appending(path: "tiny"), precision: .float32)
            let picture = try ViTGolden(file: "tiny/steps").picture(0)
            func once() throws { _ = vit.classify(try vit.encode(picture)) }
            try once()
            let before = BufferPool.shared.statistics.allocations
            for _ in 0..<3 { try once() }
            let after = BufferPool.shared.statistics.allocations
            precondition(after == before, "\(after - before) new buffers")
        }
    }
}
