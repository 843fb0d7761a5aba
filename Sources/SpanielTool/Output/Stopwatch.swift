/// How long each part of the work on a picture took.
package struct Stopwatch {
    /// In the order the parts began.
    package private(set) var milliseconds: [(part: String, milliseconds: Double)] = []

    package init() {}

    package var total: Double { milliseconds.reduce(0) { $0 + $1.milliseconds } }

    /// Times `work` as `part`; a part timed twice counts both.
    package mutating func time<Value>(_ part: String, _ work: () throws -> Value) rethrows -> Value {
        let start = ContinuousClock.now
        defer { add(part, ContinuousClock.now - start) }
        return try work()
    }

    private mutating func add(_ part: String, _ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let time = Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
        if let index = milliseconds.firstIndex(where: { $0.part == part }) {
            milliseconds[index].milliseconds += time
        } else {
            milliseconds.append((part, time))
        }
    }
}
