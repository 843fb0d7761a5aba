import SpanielFiles
import SpanielJSON
import SpanielPlatform

/// A file on the hub: where it is, what it is named by, and how long it is.
struct RemoteFile: Sendable, Equatable {
    let name: String
    let address: Address
    /// The file's digest, by which the cache names it.
    let etag: String
    let size: Int
}

/// Asks the hub about one model: what it has, and where each file is.
struct HubClient {
    let settings: HubSettings
    let id: HubID
    let connection: Connection
    private static let listLimit = 16 << 20
    static let hopLimit = 5

    init(_ settings: HubSettings, id: HubID) throws(HubError) {
        self.settings = settings
        self.id = id
        connection = try Connection()
    }

    /// The commit that a revision means, and the names of its files.
    func list(_ revision: Revision) throws -> (commit: String, files: Set<String>) {
        let address = api("/revision/" + Address.quoted(revision.text))
        let (reply, _, bytes) = try ask(address)
        guard reply.status == 200 else { throw refusal(reply, address, revision: revision.text) }
        let json = try? JSON(parsing: bytes, depthLimit: 32)
        guard let commit = json?["sha"]?.string, CacheEntry.isCommit(commit),
            let siblings = json?["siblings"]?.array
        else {
            throw HubError.reply(
                address: address.shown, expected: "a model's commit and files", found: "something else")
        }
        return (commit, Set(siblings.compactMap { $0["rfilename"]?.string }))
    }

    /// The revision at which the hub's own robot has converted the weights to safetensors; nil if it has not.
    func conversion() throws -> Revision? {
        let (reply, _, bytes) = try ask(api("/discussions?author=SFconvertbot&type=pull_request"))
        guard reply.status == 200, let json = try? JSON(parsing: bytes, depthLimit: 32) else { return nil }
        let numbers = (json["discussions"]?.array ?? []).filter {
            $0["isPullRequest"]?.bool == true && $0["author"]?["name"]?.string == "SFconvertbot"
                && $0["title"]?.string == "Adding `safetensors` variant of this model"
        }.compactMap { $0["num"]?.int }
        return try numbers.max().map { try Revision("refs/pr/\($0)") }
    }

    private func api(_ path: String) -> Address { at("/api/models/\(id.text)\(path)") }

    /// - Precondition: every character of the path is safe in an address.
    private func at(_ path: String) -> Address { Address(settings.endpoint.text + path)! }

    /// Finds a file of a commit.
    func lookUp(_ file: String, commit: String) throws -> RemoteFile {
        let address = at(
            "/\(id.text)/resolve/\(commit)/\(Address.quoted(file, keepingSlashes: true))")
        let (reply, last, _) = try ask(address, isHead: true)
        guard reply.status == 200 || reply.isRedirect else {
            throw refusal(reply, address, revision: commit, file: file)
        }
        func bad(_ expected: String, _ found: String?) -> HubError {
            .reply(address: address.shown, expected: expected, found: found.map { "'\($0)'" } ?? "none")
        }
        guard reply["x-repo-commit"] == commit else { throw bad("commit \(commit)", reply["x-repo-commit"]) }
        guard let size = reply.size else { throw bad("the file's size", reply["x-linked-size"]) }
        guard let etag = reply.etag, ContentDigest(named: etag, size: size) != nil else {
            throw bad("a digest to check \(file) by", reply.etag)
        }
        var place = last
        if reply.isRedirect { place = try settings.redirect(from: last, reply).address }
        return RemoteFile(name: file, address: place, etag: etag, size: size)
    }

    /// Sends a request until it is answered; follows redirects that stay at the hub.
    private func ask(_ address: Address, isHead: Bool = false) throws -> (Reply, Address, [UInt8]) {
        var address = address
        var patience = Patience(settings)
        var hops = 0
        while true {
            var reply = Reply()
            var bytes: [UInt8] = []
            let request = self.request(address, isHead: isHead, seconds: settings.lookUpSeconds)
            let transfer = try connection.send(request, head: &reply) { _, piece in
                bytes += piece
                return bytes.count <= Self.listLimit
            }
            switch transfer {
            case .broke(let reason): try patience.wait(reply: nil, address, reason)
            case .stopped:
                throw HubError.reply(
                    address: address.shown, expected: "at most \(Self.listLimit) bytes", found: "more")
            case .whole where reply.isBusy:
                try patience.wait(reply: reply, address, "status \(reply.status)")
            case .whole where reply.isRedirect:
                let (next, isRelative) = try settings.redirect(from: address, reply)
                guard isRelative || !isHead && next.origin == settings.endpoint.origin else {
                    return (reply, address, bytes)
                }
                hops += 1
                guard hops <= Self.hopLimit else { throw circle(address) }
                address = next
            case .whole: return (reply, address, bytes)
            }
        }
    }

    /// A request with what is always said. The token goes to the hub alone.
    func request(_ address: Address, isHead: Bool = false, seconds: Int, isBounded: Bool = true)
        -> Connection.Request
    {
        var fields = [("Accept-Encoding", "identity")]
        if let token = settings.token, address.origin == settings.endpoint.origin {
            fields.append(("Authorization", "Bearer \(token)"))
        }
        return Connection.Request(
            address: address, isHead: isHead, fields: fields, certificates: settings.certificates,
            patience: seconds, limit: isBounded ? 6 * seconds : nil)
    }

    func circle(_ address: Address) -> HubError {
        .reply(address: address.shown, expected: "at most \(Self.hopLimit) redirects", found: "more")
    }

    /// What a refusal means.
    func refusal(_ reply: Reply, _ address: Address, revision: String? = nil, file: String? = nil) -> HubError
    {
        let endpoint = settings.endpoint.text
        let hasToken = settings.token != nil
        let noFile = HubError.noFile(id: id.text, file: file ?? "such file")
        let unknown = HubError.unknown(id: id.text, endpoint: endpoint, hasToken: hasToken)
        switch (reply["x-error-code"], reply.status) {
        case ("GatedRepo", _), (nil, 403): return .gated(id: id.text, endpoint: endpoint, hasToken: hasToken)
        case ("RevisionNotFound", _): return .noRevision(id: id.text, revision: revision ?? "main")
        case ("EntryNotFound", _): return noFile
        case ("RepoNotFound", _), (nil, 401): return unknown
        case (nil, 404): return file == nil ? unknown : noFile
        default:
            return .reply(
                address: address.shown, expected: "status 200", found: "status \(reply.status)")
        }
    }
}

extension HubSettings {
    /// Where a redirect leads, if one may go there: from an encrypted hub to nothing in the open.
    package func redirect(from address: Address, _ reply: Reply) throws(HubError) -> (
        address: Address, isRelative: Bool
    ) {
        let location = reply["location"] ?? ""
        guard let next = address.resolving(location) else {
            throw .reply(
                address: address.shown, expected: "a redirect to an address",
                found: "'\(location.prefix(100))'")
        }
        guard next.address.isEncrypted || !endpoint.isEncrypted else {
            throw .reply(
                address: address.shown, expected: "a redirect to an https address",
                found: next.address.shown)
        }
        return next
    }
}
