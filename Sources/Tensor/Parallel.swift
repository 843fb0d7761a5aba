import CSpanielKernels
import Synchronization

/// Runs work on several threads at once. How work is cut changes no sum, so a result has the same bits on one
/// thread and on sixteen.
public enum Parallel {
    /// The number of threads that work at once, the caller's among them, from 1 to 256. Until it is set, it
    /// is the number of processors that this process may run on.
    ///
    /// The number is the process's; a call that runs already keeps the number it began with.
    public static var threads: Int {
        get { requested.load(ordering: .relaxed) }
        set { requested.store(max(1, min(newValue, ThreadPool.most)), ordering: .relaxed) }
    }

    private static let requested = Atomic<Int>(min(spaniel_processor_count(), ThreadPool.most))

    /// Calls `body` for 0 ..< count, in any order, and returns when all calls have returned. A call from
    /// inside `body`, or while another thread's is running, does all the work in its own thread.
    package static func run(_ count: Int, _ body: (_ index: Int) -> Void) {
        run(count, scratch: 0) { index, _ in body(index) }
    }

    /// Does the same, and gives each call `scratch` floats of uninitialised working memory that no other call
    /// uses at the same time.
    package static func run(
        _ count: Int, scratch: Int, _ body: (_ index: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
    ) {
        let all = threads
        let workers = min(all, count)
        let each = (scratch + 15) / 16 * 16
        // Memory for every thread there could be, not for those that this call uses, so that what the pool
        // holds does not depend on `count`.
        let memory = Storage(count: max(1, each * all))
        if workers <= 1
            || !ThreadPool.shared.run(count, workers: workers, { body($0, memory.base + $1 * each) })
        {
            for index in 0..<count { body(index, memory.base) }
        }
        withExtendedLifetime(memory) {}
    }

    /// Calls `body` for blocks of at most `size` out of 0 ..< count.
    static func blocks(of count: Int, _ size: Int, _ body: (Range<Int>) -> Void) {
        run((count + size - 1) / size) { block in body(block * size..<min(count, (block + 1) * size)) }
    }

    /// Returns the results of `body` for 0 ..< count, in order; the calls run side by side.
    package static func map<Result>(_ count: Int, _ body: (_ index: Int) -> Result) -> [Result] {
        [Result](unsafeUninitializedCapacity: count) { results, initialized in
            guard let base = results.baseAddress else { return }
            run(count) { index in (base + index).initialize(to: body(index)) }
            initialized = count
        }
    }
}
