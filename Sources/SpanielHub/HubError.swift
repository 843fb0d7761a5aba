public import SpanielFiles
import SpanielPlatform

/// Says why a model was not found.
public enum HubError: SpanielError, Equatable {
    /// The name is neither a model that ships nor a folder; `looked` lists the folders that were searched.
    case missing(name: String, looked: [String])
    /// A model of the hub is not on this machine, or not all of it; `command` fetches it, `incomplete` says
    /// what is lacking.
    case notFetched(id: String, command: String, looked: [String], incomplete: String?)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .missing: "model.missing"
        case .notFetched: "model.not-fetched"
        }
    }

    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .missing(let name, let looked) where looked.isEmpty: "\(name): there is no such model folder"
        case .missing(let name, let looked):
            "\(name): there is no such model here (looked in \(looked.joined(separator: ", "))); give a folder, or a hub id such as facebook/sam-vit-base"
        case .notFetched(let id, let command, let looked, let incomplete):
            "\(id) is not on this machine\(incomplete.map { ": \($0)" } ?? " (looked in \(looked.joined(separator: ", ")))"). Fetch it with: \(command)"
        }
    }
}
