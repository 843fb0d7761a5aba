/// How quickly pictures are encoded, over the last of them.
struct Pace: Sendable {
    private var times: [ContinuousClock.Instant] = []

    /// Notes that one more is done.
    mutating func note(_ now: ContinuousClock.Instant = .now) {
        times.append(now)
        if times.count > 50 { times.removeFirst(times.count - 50) }
    }

    mutating func forget() { times = [] }

    /// nil before two are done.
    var perSecond: Double? {
        guard times.count > 1, let first = times.first, let last = times.last else { return nil }
        let seconds = (last - first) / .seconds(1)
        return seconds > 0 ? Double(times.count - 1) / seconds : nil
    }
}
