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

    /// Does something in its turn. Who is cancelled waits no longer; what runs already runs to its end.
    ///
    /// - Throws: `StudioError.busy` when enough is waiting; `CancellationError`; what `body` throws.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let isIn = waiting.withLock { waiting in
            guard waiting < limit else { return false }
            waiting += 1
            return true
        }
        guard isIn else { throw StudioError.busy }
        let answer = Answer<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                answer.expect(continuation)
                queue.async {
                    if !answer.isGiven { answer.give(Result { try body() }) }
                    self.waiting.withLock { $0 -= 1 }
                }
            }
        } onCancel: {
            answer.give(.failure(CancellationError()))
        }
    }

    /// What comes first, the value or the cancellation.
    private final class Answer<Value: Sendable>: Sendable {
        private enum State {
            case asked
            case expected(CheckedContinuation<Value, any Error>)
            case given(any Error)
            case taken
        }

        private let state = Mutex(State.asked)

        var isGiven: Bool {
            state.withLock {
                switch $0 {
                case .asked, .expected: false
                case .given, .taken: true
                }
            }
        }

        func expect(_ continuation: CheckedContinuation<Value, any Error>) {
            let early: (any Error)? = state.withLock { state in
                guard case .given(let error) = state else {
                    state = .expected(continuation)
                    return nil
                }
                state = .taken
                return error
            }
            if let early { continuation.resume(throwing: early) }
        }

        func give(_ result: Result<Value, any Error>) {
            let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
                switch state {
                case .expected(let continuation):
                    state = .taken
                    return continuation
                case .asked:
                    // Only a cancellation comes before anyone waits.
                    if case .failure(let error) = result { state = .given(error) }
                    return nil
                case .given, .taken: return nil
                }
            }
            waiting?.resume(with: result)
        }
    }
}
