import SpanielFiles
import SpanielPlatform

/// The folder in which Python's huggingface_hub keeps its downloads; we share it.
///
///     models--ORG--NAME/blobs/ETAG
///     models--ORG--NAME/snapshots/COMMIT/FILE → ../../blobs/ETAG
///     models--ORG--NAME/refs/REVISION   holds COMMIT
///     .locks/models--ORG--NAME/ETAG.lock
struct PythonCache: Sendable {
    let folder: URL

    /// Follows huggingface_hub 2.4: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub,
    /// XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. An empty variable counts as unset.
    init(_ environment: Environment) {
        if let cache = environment["HF_HUB_CACHE"] ?? environment["HUGGINGFACE_HUB_CACHE"] {
            folder = environment.folder(expanding: cache)
        } else {
            folder = Self.home(environment).appending(path: "hub")
        }
    }

    /// HF_HOME, or its usual place.
    static func home(_ environment: Environment) -> URL {
        if let home = environment["HF_HOME"] { return environment.folder(expanding: home) }
        return environment.folder(expanding: environment["XDG_CACHE_HOME"] ?? "~/.cache")
            .appending(path: "huggingface")
    }

    /// A model's part of the cache.
    func entry(_ id: HubID) -> CacheEntry { CacheEntry(cache: folder, name: id.cacheFolder) }

    /// The models in the cache, sorted: those whose folder's name is an id's.
    func models() -> [HubID] {
        let path = folder.path(percentEncoded: false)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().compactMap { name in
            guard name.hasPrefix("models--") else { return nil }
            let text = name.dropFirst("models--".count).replacing("--", with: "/")
            return HubID(String(text))
        }
    }
}

/// One model in the cache.
struct CacheEntry: Sendable {
    let folder: URL
    private let locks: URL
    private let cache: URL

    init(cache: URL, name: String) {
        self.cache = cache
        folder = cache.appending(path: name)
        locks = cache.appending(path: ".locks").appending(path: name)
    }

    var blobs: URL { folder.appending(path: "blobs") }
    func blob(_ etag: String) -> URL { blobs.appending(path: etag) }
    func lock(_ etag: String) -> URL { locks.appending(path: etag + ".lock") }
    func snapshot(_ commit: String) -> URL { folder.appending(path: "snapshots").appending(path: commit) }

    static func isCommit(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }

    /// The commit a revision meant when it was last fetched; nil if nothing says, or says it badly.
    func commit(_ revision: String) -> String? {
        if Self.isCommit(revision) { return revision }
        let url = folder.appending(path: "refs").appending(path: revision)
        guard let bytes = try? ReadableFile.bytes(of: url, limit: 100) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmed
        return Self.isCommit(text) ? text : nil
    }

    /// The snapshots that may be meant, the likeliest first: that of the revision, or without one that of
    /// main, and those of conversions. Where nothing says which revision is the main one (a copied cache, a
    /// download by commit), one snapshot alone is the one meant.
    func snapshots(revision: String?) -> [URL] {
        if let revision { return [commit(revision).map(snapshot)].compactMap(\.self).filter(Self.isFolder) }
        var found = [commit("main").map(snapshot)].compactMap(\.self)
        if FileKind(of: folder.appending(path: "refs/main")) == .missing {
            let all = names("snapshots").map(snapshot).filter(Self.isFolder)
            if all.count == 1 { found += all }
        }
        found += names("refs/refs/pr").compactMap { commit("refs/pr/\($0)") }.map(snapshot)
        return found.filter(Self.isFolder)
    }

    private func names(_ path: String) -> [String] {
        let folder = folder.appending(path: path).path(percentEncoded: false)
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private static func isFolder(_ url: URL) -> Bool { FileKind(of: url) == .folder }
}

extension CacheEntry {
    /// Makes the folders that a download needs, and marks the cache as one for backup tools.
    func prepare() throws {
        for folder in [blobs, folder.appending(path: "refs"), locks] { try Self.makeFolder(folder) }
        let tag = cache.appending(path: "CACHEDIR.TAG")
        guard FileKind(of: tag) == .missing else { return }
        let text = """
            Signature: 8a477f597d28d172789f06886806bc55
            # This file is a cache directory tag created by huggingface_hub.
            # For information about cache directory tags, see:
            #	https://bford.info/cachedir/

            """
        try alone {
            Self.sweep(cache)
            try? AtomicFile.write(text.utf8, to: tag, durable: false)
        }
    }

    /// Runs what names files, one process at a time, so that what ended ones left can be told from what is
    /// being written.
    func alone(_ body: () throws -> Void) throws {
        let lock = try CacheLock(locks.deletingLastPathComponent().appending(path: "spaniel.lock"))
        defer { withExtendedLifetime(lock) {} }
        try body()
    }

    /// Removes what a process that was killed left where it was about to name something.
    static func sweep(_ folder: URL) {
        let path = folder.path(percentEncoded: false)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasPrefix(".spaniel-") && name.hasSuffix(".tmp") {
            unlink(folder.appending(path: name).path(percentEncoded: false))
        }
    }

    /// Lets a file of a snapshot lead to its blob, by a relative link; where links are unwanted or not to be
    /// had the file itself lies there, as Python does it.
    ///
    /// Only under `alone`.
    /// - Parameter isNew: whether the blob was fetched just now, so that nothing else leads to it.
    func link(_ file: String, to etag: String, commit: String, asFile: Bool, isNew: Bool) throws(HubError) {
        let snapshot = snapshot(commit)
        try Self.makeFolder(snapshot)
        let place = snapshot.appending(path: file)
        let path = place.path(percentEncoded: false)
        let target = "../../blobs/\(etag)"
        if !asFile {
            // Under another name first: the name never leads nowhere meanwhile.
            let number = String(UInt64.random(in: .min ... .max), radix: 16)
            let other = snapshot.appending(path: ".spaniel-\(number).tmp").path(percentEncoded: false)
            if symlink(target, other) == 0 {
                if rename(other, path) == 0 { return }
                let failure = errno
                unlink(other)
                throw .file(.unwritable(path: path, errno: failure))
            }
            guard errno == EPERM || errno == ENOTSUP || errno == ENOSYS else {
                throw .file(.unwritable(path: path, errno: errno))
            }
        }
        let blob = blob(etag)
        if isNew, rename(blob.path(percentEncoded: false), path) == 0 { return }
        do { try Self.copy(blob, to: place) } catch { throw .file(error) }
    }

    private static func copy(_ source: URL, to place: URL) throws(FileError) {
        let source = try ReadableFile(source)
        let copy = try AtomicFile(replacing: place)
        var offset = 0
        while offset < source.count {
            let bytes = try source.read(at: offset, length: min(1 << 20, source.count - offset))
            guard !bytes.isEmpty else { break }
            try copy.append(bytes.span.bytes)
            offset += bytes.count
        }
        try copy.commit()
    }

    /// Remembers the commit a revision means; only under `alone`.
    func remember(_ commit: String, as revision: String) throws(HubError) {
        guard revision != commit, self.commit(revision) != commit else { return }
        let url = folder.appending(path: "refs").appending(path: revision)
        try Self.makeFolder(url.deletingLastPathComponent())
        Self.sweep(url.deletingLastPathComponent())
        do { try AtomicFile.write(commit.utf8, to: url) } catch { throw .file(error) }
    }

    /// The bytes of a file that are there already, whole or begun.
    func present(_ file: RemoteFile) -> Int {
        let begun = names("blobs").filter { $0.hasPrefix(file.etag) }
        return begun.map { (try? ReadableFile(blobs.appending(path: $0)))?.count ?? 0 }.max() ?? 0
    }

    /// The bytes that may still be written there; nil where the system does not say.
    var room: Int? {
        var status = statvfs()
        guard statvfs(folder.path(percentEncoded: false), &status) == 0 else { return nil }
        let (bytes, isTooMany) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return isTooMany ? nil : Int(exactly: bytes)
    }

    private static func makeFolder(_ url: URL) throws(HubError) {
        if FileKind(of: url) == .folder { return }
        let parent = url.deletingLastPathComponent()
        let path = url.path(percentEncoded: false)
        if parent.path(percentEncoded: false) != path { try makeFolder(parent) }
        // Another process may have made it meanwhile.
        guard mkdir(path, 0o777) == 0 || errno == EEXIST && FileKind(of: url) == .folder else {
            throw .file(.unwritable(path: path, errno: errno))
        }
    }
}
