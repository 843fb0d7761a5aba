package import NIOCore
import Synchronization

/// How long a connection may take, and how many there may be.
package struct ConnectionLimits: Sendable {
    /// From the first byte, or from when it was opened, to the end of the headers.
    package var header = TimeAmount.seconds(10)
    /// For the whole body, however its bytes trickle.
    package var body = TimeAmount.seconds(30)
    /// Between an answer and the next request.
    package var idle = TimeAmount.seconds(60)
    package var connections = 64

    package init() {}
}

/// The connections that are open. When there are too many, the one that has waited longest for its request goes:
/// one that sends its headers slowly cannot keep others out.
final class OpenConnections: Sendable {
    private struct State {
        var next = 0
        /// In the order in which they came.
        var waiting: [Int: any Channel] = [:]
        var working: Set<Int> = []
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func add(_ channel: any Channel) -> Int {
        let (id, excess) = state.withLock { state -> (Int, (any Channel)?) in
            state.next += 1
            var excess: (any Channel)?
            if state.waiting.count + state.working.count >= limit {
                if let oldest = state.waiting.keys.min() {
                    excess = state.waiting.removeValue(forKey: oldest)
                } else {
                    return (state.next, channel)
                }
            }
            state.waiting[state.next] = channel
            return (state.next, excess)
        }
        excess?.close(promise: nil)
        return id
    }

    /// Notes whether a connection is at work on a request, or waits for one.
    func set(_ id: Int, isWorking: Bool, _ channel: any Channel) {
        state.withLock { state in
            if isWorking {
                state.waiting[id] = nil
                state.working.insert(id)
            } else if state.working.remove(id) != nil {
                state.waiting[id] = channel
            }
        }
    }

    func remove(_ id: Int) {
        state.withLock {
            $0.waiting[id] = nil
            $0.working.remove(id)
        }
    }

    var count: Int { state.withLock { $0.waiting.count + $0.working.count } }
}

/// The deadlines of one connection; its event loop alone touches it.
final class Deadline {
    private let limits: ConnectionLimits
    private let open: OpenConnections
    private var id = 0
    private var timer: Scheduled<Void>?
    /// Requests whose answers have not ended.
    private var outstanding = 0
    private var isReading = false

    init(_ limits: ConnectionLimits, _ open: OpenConnections) { (self.limits, self.open) = (limits, open) }

    func began(_ context: ChannelHandlerContext) {
        guard id == 0 else { return }
        id = open.add(context.channel)
        isReading = true
        schedule(limits.header, context)
    }

    func ended() {
        timer?.cancel()
        open.remove(id)
    }

    /// Bytes came.
    func received(_ context: ChannelHandlerContext) {
        guard outstanding == 0, !isReading else { return }
        isReading = true
        schedule(limits.header, context)
    }

    func headRead(_ context: ChannelHandlerContext) {
        outstanding += 1
        open.set(id, isWorking: true, context.channel)
        schedule(limits.body, context)
    }

    func bodyRead() {
        isReading = false
        timer?.cancel()
    }

    func answered(_ context: ChannelHandlerContext) {
        outstanding = max(0, outstanding - 1)
        guard outstanding == 0 else { return }
        open.set(id, isWorking: false, context.channel)
        isReading = false
        schedule(limits.idle, context)
    }

    private func schedule(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
