import SpanielPlatform

/// Waits between attempts: as long as the other side asks for, else a second, then twice as long each time.
/// After five attempts that brought nothing it gives up.
struct Patience {
    static let attempts = 5
    /// Nobody waits longer without being asked.
    private static let longest = 300.0
    private let pause: Double
    private var failures = 0

    init(_ settings: HubSettings) { pause = settings.pause }

    /// Something came: the count begins anew.
    mutating func reset() { failures = 0 }

    /// Waits after an attempt that brought nothing.
    ///
    /// - Parameter reply: what the other side said, if it said anything.
    /// - Throws: `HubError.unreachable` after the last attempt, `CancellationError`.
    mutating func wait(reply: Reply?, _ address: Address, _ reason: String) throws {
        failures += 1
        guard failures < Self.attempts else {
            throw HubError.unreachable(
                address: address.shown, reason: "\(reason), after \(failures) attempts")
        }
        let seconds = reply?.wait ?? pause * Double(1 << (failures - 1))
        guard seconds <= Self.longest else {
            throw HubError.unreachable(
                address: address.shown,
                reason: "it asks to be left alone for \(Int(min(seconds, 1e9))) seconds")
        }
        try Self.sleep(seconds)
    }

    /// Sleeps; cancelling the task ends it at once.
    static func sleep(_ seconds: Double) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            try Task.checkCancellation()
            let left = end - ContinuousClock.now
            guard left > .zero else { return }
            let (whole, attoseconds) = min(left, .milliseconds(50)).components
            usleep(UInt32(whole) * 1_000_000 + UInt32(attoseconds / 1_000_000_000_000))
        }
    }
}
