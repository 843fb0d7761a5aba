extension String {
    /// What follows `prefix`, when the text begins with it.
    func after(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
