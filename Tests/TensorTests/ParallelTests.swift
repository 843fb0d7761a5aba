import SpanielTestSupport
import Synchronization
import Tensor
import Testing

/// Work shared out to threads; one test after the other, as the number of threads is the process's.
@Suite(.serialized) struct ParallelTests {
    @Test(
        "each index is called once and results are in order, also on more threads than processors",
        arguments: [1, 2, 3, 64], [0, 1, 2, 1000])
    func indices(threads: Int, count: Int) {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = threads
        let calls = Atomic<Int>(0)
        let squares = Parallel.map(count) { index in
            calls.add(1, ordering: .relaxed)
            return index * index
        }
        #expect(squares == (0..<count).map { $0 * $0 })
        #expect(calls.load(ordering: .relaxed) == count)
    }

    @Test("a call from inside another returns with all its work done")
    func nested() {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = 3
        let sums = Parallel.map(50) { outer in
            Parallel.map(outer + 1) { inner in inner }.reduce(0, +)
        }
        #expect(sums == (0..<50).map { $0 * ($0 + 1) / 2 })
    }

    @Test("calls from several tasks at once each do all their work, and none shares working memory")
    func tasks() async {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = 3
        final class Counts: Sendable {
            let calls = Atomic<Int>(0)
            let wrong = Atomic<Int>(0)
        }
        let counts = Counts()
        await withDiscardingTaskGroup { group in
            for task in 0..<4 {
                group.addTask {
                    for round in 0..<200 {
                        Parallel.run(5, scratch: 40) { index, scratch in
                            let mine = Float(task * 1000 + round * 5 + index)
                            for i in 0..<40 { scratch[i] = mine }
                            for i in 0..<40 where scratch[i] != mine {
                                counts.wrong.add(1, ordering: .relaxed)
                            }
                            counts.calls.add(1, ordering: .relaxed)
                        }
                    }
                }
            }
        }
        #expect(counts.wrong.load(ordering: .relaxed) == 0)
        #expect(counts.calls.load(ordering: .relaxed) == 4 * 200 * 5)
    }
}
