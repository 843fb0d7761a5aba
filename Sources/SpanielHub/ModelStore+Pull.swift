import SpanielFiles
import Tensor
public import SpanielPlatform

extension ModelStore {
    /// How far a fetch is.
    public struct PullProgress: Sendable, Equatable {
        /// The file that comes now.
        public let file: String
        /// Bytes of all files that are there, and that there will be.
        public let received: Int
        public let total: Int
    }

    /// Fetches what is missing of a model on the hub into the cache that Python shares, and checks it: each
    /// file appears whole and right or not at all, and what came of an interrupted fetch is gone on with.
    ///
    ///     let sam = try SAM(contentsOf: ModelStore().pull("sam-base"))
    ///
    /// - Parameters:
    ///   - name: a known name (`KnownModel`), or a hub id.
    ///   - revision: a branch, a tag, a commit or `refs/pr/N`; nil means main, and where that has no
    ///     safetensors, the conversion by the hub's own robot.
    ///   - progress: called often, on this thread.
    /// - Returns: the model's folder, or its file where the model is one.
    /// - Throws: `HubError`, `CancellationError`.
    public func pull(_ name: String, revision: String? = nil, progress: (PullProgress) -> Void = { _ in })
        throws -> URL
    {
        let known = KnownModel.named(name)
        if known != nil, known?.id == nil { return try locate(name) }  // it ships
        guard let id = HubID(known?.id ?? name) else { throw HubError.name(text: name) }
        if known == nil, !name.contains("/") {
            let own = folders.map { $0.appending(path: name, directoryHint: .isDirectory) }
            if let own = own.first(where: { Self.complete($0, nil) != nil }) { return own }
        }
        let settings = try HubSettings(environment)
        let wanted = try (revision ?? known?.revision).map(Revision.init)
        let entry = PythonCache(environment).entry(id)
        // A commit never changes; offline, what is here is what there is.
        if settings.offline != nil || wanted.map({ CacheEntry.isCommit($0.text) }) == true {
            let found = entry.snapshots(revision: wanted?.text).lazy.compactMap { Self.complete($0, known) }
            if let model = found.first { return model }
        }
        if let variable = settings.offline { throw HubError.offline(id: id.text, variable: variable) }
        let client = try HubClient(settings, id: id)
        let isLink = wanted == nil
        do {
            return try fetch(client, entry, known, wanted ?? Revision("main"), progress)
        } catch HubError.noWeights(let id, let revision, let endpoint) where isLink {
            guard let conversion = try client.conversion() else {
                throw HubError.noWeights(id: id, revision: revision, endpoint: endpoint)
            }
            return try fetch(client, entry, known, conversion, progress)
        }
    }

    /// A snapshot's model, if all of it is there.
    static func complete(_ snapshot: URL, _ known: KnownModel?) -> URL? {
        guard let file = known?.file else { return Weights.missingFile(in: snapshot) == nil ? snapshot : nil }
        let url = snapshot.appending(path: file)
        return FileKind(of: url) == .file ? url : nil
    }

    private func fetch(
        _ client: HubClient, _ entry: CacheEntry, _ known: KnownModel?, _ revision: Revision,
        _ progress: (PullProgress) -> Void
    ) throws -> URL {
        let (commit, listed) = try client.list(revision)
        let files = try ModelFiles(
            among: listed, single: known?.file, id: client.id.text, revision: revision.text,
            endpoint: client.settings.endpoint.text)
        let snapshot = entry.snapshot(commit)
        func isHere(_ name: String) -> Bool { FileKind(of: snapshot.appending(path: name)) == .file }
        try entry.prepare()
        var brought: [(file: RemoteFile, isNew: Bool)] = []
        var missing = try files.names.filter { !isHere($0) }.map { try client.lookUp($0, commit: commit) }
        if files.isSharded {
            // Its own files are known once it is here.
            var index = snapshot.appending(path: ModelFiles.index)
            if let file = missing.first(where: { $0.name == ModelFiles.index }) {
                brought += try bring([file], client, entry, commit, progress)
                missing.removeAll { $0.name == ModelFiles.index }
                index = entry.blob(file.etag)
            }
            for name in try shards(index, client) where !isHere(name) {
                guard listed.contains(name) else { throw HubError.noFile(id: client.id.text, file: name) }
                missing.append(try client.lookUp(name, commit: commit))
            }
        }
        brought += try bring(missing, client, entry, commit, progress)
        // All files get their names when all are right.
        try entry.alone {
            CacheEntry.sweep(snapshot)
            // Where a file takes its blob away, those that share it come first.
            for (file, isNew) in brought.filter({ !$0.isNew }) + brought.filter(\.isNew) {
                try entry.link(
                    file.name, to: file.etag, commit: commit, asFile: client.settings.avoidsLinks,
                    isNew: isNew)
            }
            FolderSync.sync(snapshot)
            try entry.remember(commit, as: revision.text)
        }
        return known?.file.map { snapshot.appending(path: $0) } ?? snapshot
    }

    private func shards(_ index: URL, _ client: HubClient) throws(HubError) -> [String] {
        do { return try Weights.shardNames(index: index) } catch {
            throw .reply(
                address: "\(client.settings.endpoint.text)/\(client.id.text)/\(ModelFiles.index)",
                expected: "the names of files beside it", found: "\(error)")
        }
    }

    private func bring(
        _ files: [RemoteFile], _ client: HubClient, _ entry: CacheEntry, _ commit: String,
        _ progress: (PullProgress) -> Void
    ) throws -> [(file: RemoteFile, isNew: Bool)] {
        let total = files.reduce(0) { $0 + $1.size }
        let needed = files.reduce(0) { $0 + max(0, $1.size - entry.present($1)) }
        if let room = entry.room, room < needed {
            throw HubError.noRoom(
                folder: entry.folder.path(percentEncoded: false), needed: needed, free: room)
        }
        var before = 0
        return try files.map { file in
            let isNew = try withoutActuallyEscaping(progress) { progress in
                try Download(client: client, entry: entry, commit: commit) {
                    progress(PullProgress(file: file.name, received: before + $0, total: total))
                }.bring(file)
            }
            before += file.size
            return (file, isNew)
        }
    }
}
