/// A place in a model's weights: the files, and a dotted path into their names.
///
///     let norm = weights["vision_encoder"]["layers"][3]["layer_norm1"]
///     let weight = try norm.tensor("weight", [channels])
///
/// All copies share the list of what has been read, so that `requireAllRead` knows what any copy has read.
/// Any thread may read.
public struct Weights: Sendable {
    let source: WeightsSource
    /// The dotted path of this place, empty at the root.
    public let path: String
    /// The precision of the layers that are read from here.
    public let precision: Tensor.Precision
    /// The precision of what is not quantised in `int8`; in others `precision`.
    package let floatingPrecision: Tensor.Precision

    init(
        source: WeightsSource, path: String = "", precision: Tensor.Precision = .float32,
        floatingPrecision: Tensor.Precision? = nil
    ) {
        self.source = source
        self.path = path
        self.precision = precision
        self.floatingPrecision = floatingPrecision ?? precision.floating
    }

    /// Returns the same place, whose layers compute in another precision.
    /// - Parameters:
    ///   - precision: of the layers' products.
    ///   - floating: what computes where `int8` quantises nothing; nil takes the processor's fastest.
    public func computing(in precision: Tensor.Precision, floating: Tensor.Precision? = nil) -> Weights {
        let weights = Weights(
            source: source, path: path, precision: precision,
            floatingPrecision: precision == .int8 ? floating : nil)
        source.files.packed?.open(for: weights)
        return weights
    }

    /// Returns the precision of attention, of heads of `channels`, between layers that are read from here.
    package func attentionPrecision(channels: Int) -> Tensor.Precision {
        let isFloating = precision == .int8 && precision.attention(channels: channels) != .int8
        return isFloating ? floatingPrecision : precision
    }

    /// The same place, whose layers are not quantised: first and last ones.
    public var floating: Weights { computing(in: floatingPrecision) }

    /// The model's name in messages and records.
    public var modelName: String { source.modelName }

    /// The SHA-256 of the model's file; for several files, the SHA-256 of the lines `digest  name` that
    /// `sha256sum` prints for them, sorted by name.
    ///
    /// It is computed at the first use, which takes about a second for two gigabytes.
    public var sha256: String { source.sha256 }

    /// The model's name, checksum and precision; the checksum is computed at the first use.
    public var identity: ModelIdentity {
        ModelIdentity(name: modelName, sha256: sha256, precision: precision)
    }

    /// The place `name` below this one; it need not exist.
    public subscript(_ name: String) -> Weights {
        Weights(
            source: source, path: key(name), precision: precision, floatingPrecision: floatingPrecision)
    }

    /// The place of a numbered part, such as a layer, counted from 0.
    public subscript(_ index: Int) -> Weights { self[String(index)] }

    /// Reads a tensor below this place as Float32.
    ///
    /// - Parameters:
    ///   - name: its dotted path from here.
    ///   - shape: the shape that the model needs.
    /// - Throws: `WeightsError` if it is absent, of another shape, or of a type that is not a weight's.
    public func tensor(_ name: String, _ shape: Tensor.Shape) throws(WeightsError) -> Tensor {
        try promised(name, shape).tensor()
    }

    /// Checks that a tensor is there in the shape that the model needs, and counts it as read; its values are
    /// read when they are asked for, if at all.
    package func promised(_ name: String, _ shape: Tensor.Shape) throws(WeightsError) -> PromisedTensor {
        let key = key(name)
        guard let slot = source.slot(key) else { throw .missing(model: modelName, tensor: key) }
        guard slot.shape == shape.extents else {
            throw .shape(model: modelName, tensor: key, expected: shape.extents, found: slot.shape)
        }
        source.markRead(key)
        return PromisedTensor(slot: slot, name: key, model: modelName)
    }

    /// Returns whether there is a tensor of that name below this place.
    public func contains(_ name: String) -> Bool { source.slot(key(name)) != nil }

    /// Returns the shape of a tensor below this place, or nil if it is absent.
    public func shape(of name: String) -> Tensor.Shape? {
        source.slot(key(name)).map { Tensor.Shape($0.shape) }
    }

    /// The dotted paths from here of all tensors below this place, sorted by their bytes.
    public var names: [String] {
        let start = key("").utf8
        return source.keys.filter { $0.utf8.starts(with: start) }.map {
            String(Substring($0.utf8.dropFirst(start.count)))
        }
    }

    /// Checks that every tensor below this place has been read: an unread tensor means that the files hold
    /// another model.
    ///
    /// - Parameter patterns: full names that may stay unread, in which `*` matches any characters.
    /// - Throws: `WeightsError.unread` with the names.
    public func requireAllRead(ignoring patterns: [String] = []) throws(WeightsError) {
        let start = key("").utf8
        let unread = source.unreadKeys().filter { key in
            key.utf8.starts(with: start) && !patterns.contains { matches(key.utf8[...], $0.utf8[...]) }
        }
        if !unread.isEmpty { throw .unread(model: modelName, tensors: unread) }
    }

    func key(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
}

/// Returns whether a name matches a pattern in which `*` matches any characters.
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
