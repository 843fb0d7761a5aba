extension LabelledObject.Provenance {
    /// `human`, `edited`, `model` or `model:NAME`, for formats that keep any text.
    package var text: String {
        switch self {
        case .human: "human"
        case .edited: "edited"
        case .model(let name): name.map { "model:\($0)" } ?? "model"
        }
    }

    package init?(text: String) {
        switch text {
        case "human": self = .human
        case "edited": self = .edited
        case "model": self = .model(name: nil)
        default:
            guard text.hasPrefix("model:") else { return nil }
            self = .model(name: String(text.dropFirst(6)))
        }
    }
}
