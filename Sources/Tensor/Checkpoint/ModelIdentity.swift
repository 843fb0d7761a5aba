/// The name and the checksum of a model's weights, so that its concepts and encodings are never mixed with
/// another model's.
public struct ModelIdentity: Sendable, Hashable, Codable {
    /// The name of the model's folder.
    public var name: String
    /// The SHA-256 of the weights, in hexadecimal.
    public var sha256: String
    /// The precision that it computes in, or that its concept was learnt in; nil if that was not written down.
    public var precision: Tensor.Precision?

    /// Creates an identity from a name and a checksum.
    public init(name: String, sha256: String, precision: Tensor.Precision? = nil) {
        self.name = name
        self.sha256 = sha256
        self.precision = precision
    }
}

extension ModelIdentity: CustomStringConvertible {
    /// The name and the checksum's first twelve digits: `sam-nano (0f31c2…)`.
    public var description: String { "\(name) (\(sha256.prefix(12)))" }
}
