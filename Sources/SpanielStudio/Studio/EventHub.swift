package import SpanielJSON
import Synchronization

/// Tells every open page what happens.
package final class EventHub: Sendable {
    package struct Event: Sendable {
        package let name: String
        package let data: JSON
    }

    fileprivate struct State {
        var next = 0
        var listeners: [Int: AsyncStream<Event>.Continuation] = [:]
        var isClosed = false
    }

    fileprivate let state = Mutex(State())
    /// The most pages that listen at once.
    private static let most = 16

    package init() {}

    /// nil when too many listen, or the server ends. A page that is slow to read loses the oldest events.
    package func listen() -> (id: Int, stream: AsyncStream<Event>)? {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(1000))
        let id = state.withLock { state -> Int? in
            guard !state.isClosed, state.listeners.count < Self.most else { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        return id.map { ($0, stream) }
    }

    package func leave(_ id: Int) {
        state.withLock { $0.listeners.removeValue(forKey: id) }?.finish()
    }

    package func send(_ name: String, _ data: JSON) {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield(Event(name: name, data: data)) }
    }

    /// Says goodbye to all.
    package func close() {
        send("bye", [:])
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}

extension EventHub {
    /// Sends one page a sign of life, an event without a name.
    func pulse(_ id: Int) {
        state.withLock { $0.listeners[id] }?.yield(Event(name: "", data: nil))
    }
}
