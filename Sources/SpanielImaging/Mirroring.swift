extension Int {
    /// Mirrors an index at both ends of a row of pixels without repeating the outermost: for a count of 4,
    /// -1 becomes 1 and 4 becomes 2.
    /// - Parameter count: the number of pixels, at least 1.
    package func mirrored(count: Int) -> Int {
        guard count > 1 else { return 0 }
        let period = 2 * count - 2
        let place = ((self % period) + period) % period
        return place < count ? place : period - place
    }
}
