package import Logging

/// Progress and messages on standard error: a bar with the time left on a terminal, nothing of it elsewhere.
package struct Progress {
    private let output: StandardError
    private let log: Logger
    private let total: Int
    private let unit: String
    private let start = ContinuousClock.now
    private var done = 0
    private var lastDrawn: ContinuousClock.Instant?

    /// - Parameter unit: what is counted, where that is not pictures.
    package init(total: Int, unit: String = "", log: Logger, output: StandardError = StandardError()) {
        self.total = total
        self.unit = unit
        self.log = log
        self.output = output
    }

    private var draws: Bool { output.isTerminal && log.logLevel <= .notice && total > 1 }

    /// One picture is done, well or badly; or several steps at once.
    package mutating func advance(by steps: Int = 1) {
        done += steps
        draw()
    }

    /// So many steps are done in all.
    package mutating func reach(_ done: Int) {
        self.done = done
        draw()
    }

    /// Redraws the bar, at most ten times a second.
    package mutating func draw() {
        let now = ContinuousClock.now
        if !draws || (done < total && lastDrawn.map { now - $0 < .milliseconds(100) } ?? false) { return }
        lastDrawn = now
        output.write("\r\u{1B}[K" + Self.bar(done: done, total: total, unit: unit, elapsed: now - start))
    }

    /// Takes the bar away, so that a result or a message stands on a clean line.
    package mutating func clear() {
        guard lastDrawn != nil else { return }
        output.write("\r\u{1B}[K")
        lastDrawn = nil
    }

    /// Something the user should know; silent with `--quiet`.
    package mutating func note(_ message: String) {
        guard log.logLevel <= .notice else { return }
        clear()
        log.notice("\(message)")
    }

    /// Something only `--verbose` tells.
    package mutating func detail(_ message: @autoclosure () -> String) {
        guard log.logLevel <= .debug else { return }
        clear()
        log.debug("\(message())")
    }

    /// `[#######.............]  7/20  0:12 left`
    package static func bar(done: Int, total: Int, unit: String = "", elapsed: Duration) -> String {
        let width = 20
        let filled = total > 0 ? done * width / total : width
        let bar =
            "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
        guard done > 0 else { return "\(bar)  \(done)/\(total)\(unit)" }
        let (seconds, attoseconds) = elapsed.components
        let left = (Double(seconds) + Double(attoseconds) * 1e-18) / Double(done) * Double(total - done)
        return "\(bar)  \(done)/\(total)\(unit)  \(clock(Int(left.rounded(.up)))) left"
    }

    /// `0:09`, `12:40`, `1:02:03`.
    static func clock(_ seconds: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }
}
