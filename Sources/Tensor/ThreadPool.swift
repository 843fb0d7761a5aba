import CSpanielKernels
import Synchronization
import SpanielPlatform

/// Helper threads that spin briefly for the next job, then sleep. One job at a time: `run` returns false when
/// the pool is busy, and the caller does the work itself.
///
/// It is our own because a model's operations follow one another within microseconds, and Dispatch wakes a
/// thread for each. `DispatchQueue.concurrentPerform` in its place takes, as the median of pairs (AMD EPYC, 2
/// cores, AVX2, 2026-11), at 2 threads 1.30 times as long for `sam-nano`'s decode (2.6 ms beside 2.1), 1.07
/// for its encode (35 beside 31) and 1.12 for the decode of a SAM ViT-B (23.8 beside 21.7); at 1 thread the
/// same (1.00, 1.00). Where other programs keep all processors busy, spinning loses: there Dispatch took 0.8
/// to 1.1 of our time.
final class ThreadPool: @unchecked Sendable {
    static let shared = ThreadPool()
    /// The most threads a job is given.
    static let most = 256

    private typealias Body = (_ index: Int, _ worker: Int) -> Void

    // The job, which its owner writes before the gate opens, and which the helpers that passed the gate read.
    private var body: UnsafePointer<Body>?
    private var count = 0
    private var wanted = 0
    private let next = Atomic<Int>(0)

    /// The number of the job (from bit 16), whether helpers may still join it (bit 15), and how many have joined
    /// it (below). The owner closes the gate when no index is left, so that it waits for the helpers at work but
    /// never for one that is only waking up.
    private let gate = Atomic<Int>(0)
    private static let open = 1 << 15
    private static let nextJob = 1 << 16

    private let busy = Atomic<Bool>(false)
    private let sleepers = Atomic<Int>(0)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var started = 0

    private init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
    }

    /// Calls `body` for every index below `count` on at most `workers` threads, the caller as worker 0.
    /// - Returns: false, having done nothing, if a job is running already (of an outer call, or of another
    ///   thread).
    func run(_ count: Int, workers: Int, _ body: (_ index: Int, _ worker: Int) -> Void) -> Bool {
        guard busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            return false
        }
        defer { busy.store(false, ordering: .releasing) }
        start(workers - 1)
        // The helpers call `body` only while this call waits for them, so it does not escape.
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { pointer in
                self.body = pointer
                self.count = count
                wanted = min(workers - 1, started)
                next.store(0, ordering: .relaxed)
                gate.add(Self.nextJob + Self.open, ordering: .sequentiallyConsistent)
                if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                    pthread_mutex_lock(mutex)
                    pthread_cond_broadcast(wake)
                    pthread_mutex_unlock(mutex)
                }
                work(pointer, as: 0)
                gate.subtract(Self.open, ordering: .sequentiallyConsistent)
                while gate.load(ordering: .acquiring) & (Self.open - 1) != 0 { spaniel_pause() }
                self.body = nil
            }
        }
        return true
    }

    /// Takes the next index until none is left.
    private func work(_ body: UnsafePointer<Body>, as worker: Int) {
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            if index >= count { return }
            body.pointee(index, worker)
        }
    }

    /// Starts threads until there are so many helpers, or the system refuses one.
    private func start(_ helpers: Int) {
        while started < min(helpers, Self.most - 1) {
            let seed = UnsafeMutablePointer<Seed>.allocate(capacity: 1)
            seed.initialize(
                to: Seed(pool: self, worker: started + 1, job: gate.load(ordering: .relaxed) / Self.nextJob))
            guard spawn(seed) else {
                seed.deinitialize(count: 1)
                seed.deallocate()
                return
            }
            started += 1
        }
    }

    /// What a new thread needs to know.
    private struct Seed {
        let pool: ThreadPool
        let worker: Int
        let job: Int
    }

    private func spawn(_ seed: UnsafeMutablePointer<Seed>) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
            var thread: pthread_t?
            return pthread_create(&thread, &attributes, { ThreadPool.enter($0) }, seed) == 0
        #else
            var thread = pthread_t()
            return pthread_create(&thread, &attributes, { ThreadPool.enter($0!) }, seed) == 0
        #endif
    }

    private static func enter(_ raw: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let pointer = raw.assumingMemoryBound(to: Seed.self)
        let seed = pointer.move()
        pointer.deallocate()
        seed.pool.serve(as: seed.worker, after: seed.job)
    }

    private func serve(as worker: Int, after first: Int) -> Never {
        var seen = first
        while true {
            let found = waitForJob(after: seen)
            seen = found / Self.nextJob
            guard found & Self.open != 0 else { continue }
            join(found, as: worker)
        }
    }

    /// Joins the job that the gate was open for, unless the gate has closed meanwhile.
    private func join(_ found: Int, as worker: Int) {
        var expected = found
        while true {
            let (joined, now) = gate.compareExchange(
                expected: expected, desired: expected + 1, ordering: .sequentiallyConsistent)
            if joined { break }
            if now / Self.nextJob != found / Self.nextJob || now & Self.open == 0 { return }
            expected = now
        }
        if worker <= wanted, let body { work(body, as: worker) }
        gate.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Spins for some tens of microseconds, as a model's next operation comes at once, then sleeps.
    private func waitForJob(after seen: Int) -> Int {
        for _ in 0..<2000 {
            let now = gate.load(ordering: .acquiring)
            if now / Self.nextJob != seen { return now }
            spaniel_pause()
        }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        pthread_mutex_lock(mutex)
        while gate.load(ordering: .sequentiallyConsistent) / Self.nextJob == seen {
            pthread_cond_wait(wake, mutex)
        }
        pthread_mutex_unlock(mutex)
        sleepers.subtract(1, ordering: .relaxed)
        return gate.load(ordering: .acquiring)
    }
}
