/// A profile tells which operations a piece of work calls, with their shapes and times.
///
///     let profile = Profile.of { _ = try? sam.encode(picture) }
public final class Profile: @unchecked Sendable {
    // Only the task that profiles sees it, and that task calls its operations one after another.
    @TaskLocal private static var gathering: Profile?

    /// The calls of one operation at one shape.
    public struct Entry: Sendable {
        /// The operation and its shapes, for people to read.
        public let name: String
        /// The number of calls.
        public internal(set) var calls = 0
        /// The seconds of all calls, without those of the operations they called.
        public internal(set) var seconds = 0.0
        /// The additions and multiplications of a product; 0 for any other operation.
        public internal(set) var operations = 0.0
    }

    private var found: [String: Entry] = [:]
    /// For each operation that runs now, the seconds of those it called.
    private var inner: [Double] = []

    /// Runs `body` and returns the operations it called, the longest first. Threads that `body`
    /// starts are not seen, and it must not start tasks: they would share the profile.
    public static func of(_ body: () throws -> Void) rethrows -> [Entry] {
        let profile = Profile()
        try $gathering.withValue(profile, operation: body)
        return profile.found.values.sorted { ($0.seconds, $1.name) > ($1.seconds, $0.name) }
    }

    /// Runs an operation, and adds its time to the profile if one is being taken.
    /// - Parameter operations: its additions and multiplications.
    static func timed<R>(
        _ name: @autoclosure () -> String, operations: @autoclosure () -> Int = 0, _ body: () -> R
    ) -> R {
        guard let profile = gathering else { return body() }
        profile.inner.append(0)
        let clock = ContinuousClock()
        let start = clock.now
        let result = body()
        let seconds = (clock.now - start) / .seconds(1)
        var entry = profile.found[name()] ?? Entry(name: name())
        entry.calls += 1
        entry.seconds += seconds - (profile.inner.popLast() ?? 0)
        entry.operations += Double(operations())
        profile.found[entry.name] = entry
        if let last = profile.inner.indices.last { profile.inner[last] += seconds }
        return result
    }
}
