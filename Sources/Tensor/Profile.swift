/// Where the milliseconds go: the operations that a piece of work calls, with their shapes and times.
///
///     let profile = Profile.of { _ = try? sam.encode(picture) }
public final class Profile: @unchecked Sendable {
    // Only the task that gathers sees it, and that one calls its operations one after another.
    @TaskLocal private static var gathering: Profile?

    public struct Entry: Sendable {
        /// The operation and its shapes.
        public let name: String
        public internal(set) var calls = 0
        /// Seconds, those of operations it called itself left out.
        public internal(set) var seconds = 0.0
        /// Additions and multiplications of products; 0 for what is not a product.
        public internal(set) var operations = 0.0
    }

    private var found: [String: Entry] = [:]
    /// Of each operation that runs, the seconds of those it called.
    private var inner: [Double] = []

    /// What `body` called, the longest first. Threads that it starts itself are not seen.
    public static func of(_ body: () throws -> Void) rethrows -> [Entry] {
        let profile = Profile()
        try $gathering.withValue(profile, operation: body)
        return profile.found.values.sorted { ($0.seconds, $1.name) > ($1.seconds, $0.name) }
    }

    /// Runs an operation; its time counts where someone gathers.
    /// - Parameter operations: additions and multiplications.
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
