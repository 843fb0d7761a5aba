/// A model that people know by a name: where it is, how large, whose, and what it is for.
///
///     for model in KnownModel.all { print(model.name, model.license) }
public struct KnownModel: Sendable, Equatable {
    /// What the model does.
    public enum Kind: String, Sendable, CaseIterable {
        case sam, mobileSAM = "mobile-sam", sam2, clipseg, owlvit, owlv2, clip, vit, dinov2
    }

    /// As `ModelStore` takes it.
    public let name: String
    /// On the hub; nil for a model that ships with this package.
    public let id: String?
    /// The revision that holds it, where that is not main.
    public let revision: String?
    /// The one file that is the model, where it is no folder.
    public let file: String?
    public let kind: Kind
    /// What is fetched, in bytes, about.
    public let size: Int
    /// By its SPDX name; "unstated" where the publisher says none.
    public let license: String
    /// What it is good for, in a few words.
    public let purpose: String

    /// The seconds that a picture takes on two cores, where that was measured.
    public var seconds: Double? { Self.measured[name] }

    /// Returns the model of a name; nil if it is none of these.
    public static func named(_ name: String) -> KnownModel? { table[name] }

    private static let table = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    init(
        _ name: String, _ id: String?, _ kind: Kind, megabytes: Double, _ license: String, _ purpose: String,
        revision: String? = nil, file: String? = nil
    ) {
        self.name = name
        self.id = id
        self.revision = revision
        self.file = file
        self.kind = kind
        size = Int(megabytes * 1e6)
        self.license = license
        self.purpose = purpose
    }
}
