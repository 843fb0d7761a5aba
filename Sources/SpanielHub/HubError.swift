public import SpanielFiles
import SpanielPlatform

/// Why a model was not found.
public enum HubError: SpanielError, Equatable {
    /// Neither a model that ships nor a folder; `looked` are the places it would be in.
    case missing(name: String, looked: [String])
    /// A hub's model that is not on this machine, or not all of it; `command` fetches it.
    case notFetched(id: String, command: String, looked: [String], incomplete: String?)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .missing: "model.missing"
        case .notFetched: "model.not-fetched"
        }
    }

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
