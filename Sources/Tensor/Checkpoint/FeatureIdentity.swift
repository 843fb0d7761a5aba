package import SpanielJSON

/// What features are: the model that computes them, and how they are taken from it.
public struct FeatureIdentity: Sendable, Hashable, CustomStringConvertible {
    /// The model's name and digest.
    public var model: ModelIdentity
    /// How they are taken from it, such as `layer 9, 518 pixels`; other settings are other features.
    public var settings: String

    /// Features of a model, taken with some settings.
    public init(model: ModelIdentity, settings: String) {
        self.model = model
        self.settings = settings
    }

    /// The model and the settings.
    public var description: String { "\(model), \(settings)" }

    /// Whether both are the same numbers: the same weights, whatever their folder is called, and settings.
    package func isSame(as other: FeatureIdentity) -> Bool {
        model.sha256 == other.model.sha256 && settings == other.settings
    }
}

extension FeatureIdentity? {
    /// Whether both are the same numbers; nil is a model's own features.
    package func isSame(as other: FeatureIdentity?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let own?, let other?): own.isSame(as: other)
        default: false
        }
    }
}

extension ConceptArchive {
    /// The features of a concept as its metadata names them.
    package static func entry(_ features: FeatureIdentity) -> JSON {
        [
            "model": JSON(features.model.name), "model_sha256": JSON(features.model.sha256),
            "settings": JSON(features.settings),
        ]
    }

    /// Reads what the features of a concept are; nil: the model's own.
    package func features(_ entry: JSON) throws -> FeatureIdentity? {
        guard let features = entry["features"] else { return nil }
        guard let name = features["model"]?.string, let digest = features["model_sha256"]?.string,
            let settings = features["settings"]?.string
        else { throw refuse("the features' model and settings", "damaged metadata") }
        return FeatureIdentity(model: ModelIdentity(name: name, sha256: digest), settings: settings)
    }
}
