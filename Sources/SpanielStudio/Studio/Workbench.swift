import Dispatch
import Synchronization

/// A queue of slow work off Swift's own few threads, which must not be held up.
package final class Workbench: Sendable {
    private let queue: DispatchQueue
    private let waiting = Mutex(0)
    /// The most pieces of work, the one that runs among them.
    private let limit: Int

    package init(_ name: String, isConcurrent: Bool = false, limit: Int = .max) {
        queue = DispatchQueue(label: "spaniel.\(name)", attributes: isConcurrent ? .concurrent : [])
        self.limit = limit
    }

    /// Does something in its turn.
    ///
    /// - Throws: `StudioError.busy` when enough is waiting; what `body` throws.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let isIn = waiting.withLock { waiting in
            guard waiting < limit else { return false }
            waiting += 1
            return true
        }
        guard isIn else { throw StudioError.busy }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async {
                let result = Result { try body() }
                self.waiting.withLock { $0 -= 1 }
                continuation.resume(with: result)
            }
        }
    }
}
