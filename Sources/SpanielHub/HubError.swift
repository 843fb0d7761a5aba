public import SpanielFiles
import SpanielPlatform

/// Says why a model was not found or not fetched.
public enum HubError: SpanielError, Equatable {
    /// The name is no model that ships, none known by a name, and no folder; `looked` lists the folders that
    /// were searched.
    case missing(name: String, looked: [String])
    /// A model of the hub is not on this machine, or not all of it; `looked` lists where it was sought, and
    /// `incomplete` says what is lacking.
    case notFetched(id: String, looked: [String], incomplete: String?)
    /// A variable of the environment makes no sense.
    case setting(variable: String, found: String, expected: String)
    /// A text that is no known name and can be no id of the hub.
    case name(text: String)
    /// A text that can be no branch, tag or commit.
    case revision(text: String)
    /// A variable of the environment forbids the network.
    case offline(id: String, variable: String)
    /// libcurl is not on this system.
    case noLibrary
    /// The hub does not answer; what was tried last.
    case unreachable(address: String, reason: String)
    /// The other side cannot prove who it is.
    case untrusted(address: String, reason: String)
    /// The hub has no such model, or it is private; `hasToken` says whether a token was sent.
    case unknown(id: String, endpoint: String, hasToken: Bool)
    /// The model's terms must be accepted first.
    case gated(id: String, endpoint: String, hasToken: Bool)
    case noRevision(id: String, revision: String)
    case noFile(id: String, file: String)
    /// The model has no weights that are read.
    case noWeights(id: String, revision: String, endpoint: String)
    /// A reply that no hub gives.
    case reply(address: String, expected: String, found: String)
    /// A file arrived twice with other content than the hub names; nothing of it was kept.
    case content(file: String, id: String, expected: String, found: String)
    /// The disk has too little room, in bytes.
    case noRoom(folder: String, needed: Int, free: Int)
    /// A file of the cache cannot be read or written.
    case file(FileError)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .missing: "model.missing"
        case .notFetched: "model.not-fetched"
        case .setting: "hub.setting"
        case .name: "hub.name"
        case .revision: "hub.revision"
        case .offline: "hub.offline"
        case .noLibrary: "hub.no-library"
        case .unreachable: "hub.unreachable"
        case .untrusted: "hub.untrusted"
        case .unknown: "hub.unknown-model"
        case .gated: "hub.gated"
        case .noRevision: "hub.no-revision"
        case .noFile: "hub.no-file"
        case .noWeights: "hub.no-weights"
        case .reply: "hub.reply"
        case .content: "hub.content"
        case .noRoom: "hub.no-room"
        case .file(let error): error.code
        }
    }

    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .missing(let name, let looked) where looked.isEmpty: "\(name): there is no such model folder"
        case .missing(let name, let looked):
            "\(name): there is no such model here (looked in \(looked.joined(separator: ", "))); give a folder, a known name, or a hub id such as facebook/sam-vit-base"
        case .notFetched(let id, _, let incomplete):
            "\(id) is not on this machine\(incomplete.map { ", or not all of it (\($0))" } ?? "")"
        case .setting(let variable, let found, let expected):
            "\(variable): expected \(expected), found \(found); mend or unset it"
        case .name(let text):
            "'\(text)' is no known name and no id of the hub; expected ORG/NAME, as in facebook/sam-vit-base"
        case .revision(let text):
            "'\(text)' is no revision; expected a branch, a tag or a commit, such as main or refs/pr/1"
        case .offline(let id, let variable):
            "\(id) is not on this machine and \(variable) forbids the network; unset it to fetch the model"
        case .noLibrary:
            "libcurl is not on this system, and models are fetched with it; install it (apt-get install libcurl4)"
        case .unreachable(let address, let reason):
            "\(address) cannot be reached (\(reason)); check the connection and try again"
        case .untrusted(let address, let reason):
            "\(address) cannot prove who it is (\(reason)); check the clock and the certificates (Debian package ca-certificates)"
        case .unknown(let id, let endpoint, let hasToken):
            "\(id) does not exist at \(endpoint) or is private; if it is yours, set HF_TOKEN to a token that may read it\(hasToken ? " (the one set now may not)" : "")"
        case .gated(let id, let endpoint, let hasToken):
            "\(id) is gated: accept its terms at \(endpoint)/\(id), then set HF_TOKEN to a token of yours\(hasToken ? " (the one set now does not open it)" : "")"
        case .noRevision(let id, let revision): "\(id) has no revision '\(revision)'"
        case .noFile(let id, let file): "\(id) has no \(file)"
        case .noWeights(let id, let revision, let endpoint):
            "\(id) has no safetensors weights at revision \(revision); look for a conversion at \(endpoint)/\(id)/discussions, whose revision is refs/pr/NUMBER"
        case .reply(let address, let expected, let found):
            "\(address): expected \(expected), found \(found) (is HF_ENDPOINT a hub?)"
        case .content(let file, let id, let expected, let found):
            "\(file) of \(id) arrived twice wrong: expected \(expected), found \(found); nothing of it was kept, try again later"
        case .noRoom(let folder, let needed, let free):
            "\(folder): \(needed) bytes are needed, \(free) are free; make room, or name another place with HF_HUB_CACHE"
        case .file(let error): error.description
        }
    }
}
