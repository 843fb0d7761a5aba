extension Parallel {
    /// The results of `body` for 0 ..< count, in order; they are worked out side by side.
    package static func map<Result>(_ count: Int, _ body: (_ index: Int) -> Result) -> [Result] {
        [Result](unsafeUninitializedCapacity: count) { results, initialized in
            guard let base = results.baseAddress else { return }
            run(count) { index in (base + index).initialize(to: body(index)) }
            initialized = count
        }
    }
}
