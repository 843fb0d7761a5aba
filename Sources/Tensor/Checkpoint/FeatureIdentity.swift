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
        var entry = entry(features.model)
        entry["settings"] = JSON(features.settings)
        return entry
    }

    /// A model beside the main one as a concept's metadata names it.
    package static func entry(_ model: ModelIdentity) -> JSON {
        var entry: JSON = ["model": JSON(model.name), "model_sha256": JSON(model.sha256)]
        entry["precision"] = model.precision.map { JSON($0.rawValue) }
        return entry
    }

    /// Reads which model an entry names, or nil if it names none.
    package static func model(_ entry: JSON) -> ModelIdentity? {
        guard let name = entry["model"]?.string, let digest = entry["model_sha256"]?.string else {
            return nil
        }
        return ModelIdentity(
            name: name, sha256: digest,
            precision: entry["precision"]?.string.flatMap(Tensor.Precision.init))
    }

    /// Reads what the features of a concept are; nil: the model's own.
    package func features(_ entry: JSON) throws -> FeatureIdentity? {
        guard let features = entry["features"] else { return nil }
        guard let model = Self.model(features), let settings = features["settings"]?.string
        else { throw refuse("the features' model and settings", "damaged metadata") }
        return FeatureIdentity(model: model, settings: settings)
    }
}
