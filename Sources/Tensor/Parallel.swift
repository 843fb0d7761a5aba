import CSpanielKernels
import Synchronization

/// The one thread pool. How work is cut changes no sum, so a result has the same bits on one thread or
/// sixteen.
public enum Parallel {
    /// How many threads work at once, the caller's among them; the processors this process may run on until
    /// set.
    public static var threads: Int {
        get { requested.load(ordering: .relaxed) }
        set { requested.store(max(1, min(newValue, ThreadPool.most)), ordering: .relaxed) }
    }

    private static let requested = Atomic<Int>(min(spaniel_processor_count(), ThreadPool.most))

    /// Runs `body` for 0 ..< count, in any order, and returns when all are done. A call from inside `body`
    /// runs in its own thread.
    package static func run(_ count: Int, _ body: (_ index: Int) -> Void) {
        run(count, scratch: 0) { index, _ in body(index) }
    }

    /// The same, with `scratch` floats of working memory that no other running `body` uses; what they hold is
    /// undefined.
    static func run(
        _ count: Int, scratch: Int, _ body: (_ index: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
    ) {
        let workers = min(threads, count)
        let each = (scratch + 15) / 16 * 16
        // For every thread there could be, not for those this call wakes: what the pool holds then depends on
        // nothing that varies.
        let memory = Storage(count: max(1, each * threads))
        if workers <= 1
            || !ThreadPool.shared.run(count, workers: workers, { body($0, memory.base + $1 * each) })
        {
            for index in 0..<count { body(index, memory.base) }
        }
        withExtendedLifetime(memory) {}
    }
}

extension Parallel {
    /// Runs `body` for blocks of at most `size` out of `count`.
    static func blocks(of count: Int, _ size: Int, _ body: (Range<Int>) -> Void) {
        run((count + size - 1) / size) { block in body(block * size..<min(count, (block + 1) * size)) }
    }
}
