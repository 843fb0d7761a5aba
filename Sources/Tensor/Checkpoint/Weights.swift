/// A place in a model's weights: the files, and a dotted path into their names.
///
///     let norm = weights["vision_encoder"]["layers"][3]["layer_norm1"]
///     let weight = try norm.tensor("weight", [channels])
///
/// Copies share what has been read, so that `requireAllRead` sees every copy's reading; any thread may read.
public struct Weights: Sendable {
    let source: WeightsSource
    /// The dotted path of this place; empty at the root.
    public let path: String
    /// How the layers read from here compute.
    public let precision: Tensor.Precision

    init(source: WeightsSource, path: String = "", precision: Tensor.Precision = .float32) {
        self.source = source
        self.path = path
        self.precision = precision
    }

    /// The same place, its layers to compute in another precision.
    public func computing(in precision: Tensor.Precision) -> Weights {
        Weights(source: source, path: path, precision: precision)
    }

    /// What messages and records call the model.
    public var modelName: String { source.modelName }

    /// The SHA-256 of the model's file; of several files, that of their lines `digest  name` sorted by name,
    /// as `sha256sum` prints them.
    ///
    /// Computed when first asked for: about a second for each two gigabytes.
    public var sha256: String { source.sha256 }

    /// The model's name and checksum; the checksum is computed when first asked for.
    public var identity: ModelIdentity { ModelIdentity(name: modelName, sha256: sha256) }

    public subscript(_ name: String) -> Weights {
        Weights(source: source, path: key(name), precision: precision)
    }

    public subscript(_ index: Int) -> Weights { self[String(index)] }

    /// A tensor below this place, as Float32.
    ///
    /// - Parameter shape: what the model needs it to be.
    /// - Throws: `WeightsError` when it is absent, of another shape, or of a kind that is no weight.
    public func tensor(_ name: String, _ shape: Tensor.Shape) throws(WeightsError) -> Tensor {
        try tensor(name, shape, lent: false)
    }

    /// The same, without a copy where the file keeps Float32: for a layer that puts the values into an order
    /// of its own, and does not keep them.
    package func lent(_ name: String, _ shape: Tensor.Shape) throws(WeightsError) -> Tensor {
        try tensor(name, shape, lent: true)
    }

    private func tensor(_ name: String, _ shape: Tensor.Shape, lent: Bool) throws(WeightsError) -> Tensor {
        let key = key(name)
        guard let slot = source.slot(key) else { throw .missing(model: modelName, tensor: key) }
        guard slot.shape == shape.extents else {
            throw .shape(model: modelName, tensor: key, expected: shape.extents, found: slot.shape)
        }
        source.markRead(key)
        do {
            return try slot.tensor(lent: lent)
        } catch .type(_, _, let expected, let found) {
            throw .type(model: modelName, tensor: key, expected: expected, found: found)
        }
    }

    /// Whether there is a tensor of that name below this place.
    public func contains(_ name: String) -> Bool { source.slot(key(name)) != nil }

    /// The shape of a tensor below this place; nil when it is absent.
    public func shape(of name: String) -> Tensor.Shape? {
        source.slot(key(name)).map { Tensor.Shape($0.shape) }
    }

    /// The names of all tensors below this place, from here, sorted.
    public var names: [String] {
        let start = key("").utf8
        return source.keys.filter { $0.utf8.starts(with: start) }.map {
            String(Substring($0.utf8.dropFirst(start.count)))
        }
    }

    /// Checks that every tensor below this place has been read: one that has not means that the model is not
    /// what its files hold.
    ///
    /// - Parameter patterns: full names that may stay unread; `*` stands for any characters.
    /// - Throws: `WeightsError.unread` with the names.
    public func requireAllRead(ignoring patterns: [String] = []) throws(WeightsError) {
        let start = key("").utf8
        let unread = source.unreadKeys().filter { key in
            key.utf8.starts(with: start) && !patterns.contains { matches(key.utf8[...], $0.utf8[...]) }
        }
        if !unread.isEmpty { throw .unread(model: modelName, tensors: unread) }
    }

    private func key(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
}

/// Whether a name fits a pattern in which `*` stands for any characters.
func matches(_ name: Substring.UTF8View, _ pattern: Substring.UTF8View) -> Bool {
    guard let star = pattern.firstIndex(of: UInt8(ascii: "*")) else { return name.elementsEqual(pattern) }
    guard name.starts(with: pattern[..<star]) else { return false }
    let tail = pattern[pattern.index(after: star)...]
    var rest = name.dropFirst(pattern[..<star].count)
    while true {
        if matches(rest, tail) { return true }
        if rest.isEmpty { return false }
        rest = rest.dropFirst()
    }
}
