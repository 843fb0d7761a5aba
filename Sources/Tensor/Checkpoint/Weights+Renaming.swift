extension Weights {
    /// Returns the same weights under other names, for files whose names are not the hub's.
    ///
    ///     ("image_encoder.blocks.*.norm1", "vision_encoder.layers.*.layer_norm1")
    ///
    /// - Parameter table: the start of a name in the file and its replacement, in whole parts between dots;
    ///   `*` matches any one part. The first rule that matches is used, and a name that matches none stays.
    /// - Throws: `WeightsError.index` if two names become one.
    public func renamed(by table: [(from: String, to: String)]) throws(WeightsError) -> Weights {
        let rules = table.map { (from: Self.parts($0.from), to: Self.parts($0.to)) }
        var slots: [(String, WeightsSource.Slot)] = []
        var origins: [String: String] = [:]
        for key in source.keys {
            let parts = Self.parts(key)
            let name = rules.lazy.compactMap { Self.rename(parts, $0.from, $0.to) }.first ?? key
            if let other = origins.updateValue(key, forKey: name) {
                throw .index(
                    file: modelName, expected: "one tensor for \(name)", found: "\(other) and \(key)")
            }
            if let slot = source.slot(key) { slots.append((name, slot)) }
        }
        return Weights(
            source: WeightsSource(modelName: modelName, files: source.files, slots: slots), path: path,
            precision: precision, floatingPrecision: floatingPrecision)
    }

    private static func parts(_ name: String) -> [Substring] {
        name.split(separator: ".", omittingEmptySubsequences: false)
    }

    private static func rename(_ parts: [Substring], _ from: [Substring], _ to: [Substring]) -> String? {
        guard parts.count >= from.count, zip(parts, from).allSatisfy({ $0 == $1 || $1 == "*" }) else {
            return nil
        }
        var wild = zip(parts, from).filter { $1 == "*" }.map(\.0)[...]
        let start = to.map { $0 == "*" ? wild.popFirst() ?? $0 : $0 }
        return (start + parts[from.count...]).joined(separator: ".")
    }
}
