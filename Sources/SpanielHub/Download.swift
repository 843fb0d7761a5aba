import SpanielFiles
import SpanielPlatform

/// Brings one file into the cache: whole and right, or not at all.
struct Download {
    let client: HubClient
    let entry: CacheEntry
    let commit: String
    /// Told how many bytes of the file are there.
    let progress: (Int) -> Void

    /// - Returns: whether it was fetched; false if it was there.
    /// - Throws: `HubError`, `CancellationError`. What came of a right file is then kept, to go on with.
    func bring(_ file: RemoteFile) throws -> Bool {
        let blob = entry.blob(file.etag)
        if isThere(blob, file) { return false }
        let lock = try CacheLock(entry.lock(file.etag))
        defer { withExtendedLifetime(lock) {} }
        if isThere(blob, file) { return false }
        var partial = try begin(file, resuming: true)
        var file = file
        var patience = Patience(client.settings)
        var wrong = 0
        while true {
            progress(partial.count)
            var found: String?
            if partial.count == file.size {
                let digest = partial.digest.hexadecimal()
                if digest == file.etag {
                    try partial.commit(as: blob)
                    return true
                }
                found = "\(partial.digest.name) \(digest)"
            } else {
                let before = partial.count
                switch try get(file, into: partial) {
                case .came: break
                case .wrongSize(let text): found = text
                case .again:
                    // Not the file, or no going on here: from the start.
                    partial.discard()
                    partial = try begin(file, resuming: false)
                    try patience.wait(reply: nil, file.address, "the file cannot be gone on with")
                case .broke(let reply, let reason):
                    if partial.count > before {
                        patience.reset()
                        try Patience.sleep(min(client.settings.pause, 0.2))
                    } else {
                        try patience.wait(reply: reply, file.address, reason)
                        // A signed address does not last.
                        file = try again(file)
                    }
                }
            }
            guard let found else { continue }
            wrong += 1
            partial.discard()
            guard wrong < 2 else {
                throw HubError.content(
                    file: file.name, id: client.id.text,
                    expected: "\(file.size) bytes with \(partial.digest.name) \(file.etag)", found: found)
            }
            partial = try begin(file, resuming: false)
        }
    }

    /// A file of another size under that name is a torn one: it is fetched anew.
    private func isThere(_ blob: URL, _ file: RemoteFile) -> Bool {
        (try? ReadableFile(blob))?.count == file.size
    }

    private func begin(_ file: RemoteFile, resuming: Bool) throws -> PartialFile {
        guard let digest = ContentDigest(named: file.etag, size: file.size) else {
            throw HubError.reply(address: file.address.shown, expected: "a digest", found: file.etag)
        }
        let blob = entry.blob(file.etag)
        return try PartialFile(for: blob, size: file.size, digest: digest, resuming: resuming)
    }

    private func again(_ file: RemoteFile) throws -> RemoteFile {
        let now = try client.lookUp(file.name, commit: commit)
        guard now.etag == file.etag, now.size == file.size else {
            throw HubError.reply(
                address: file.address.shown, expected: "\(file.name) as it was", found: "another version")
        }
        return now
    }

    private enum Outcome {
        case came
        /// Another size than the hub names.
        case wrongSize(String)
        /// From the start.
        case again
        case broke(Reply?, String)
    }

    /// One attempt to fetch what is missing.
    private func get(_ file: RemoteFile, into partial: PartialFile) throws -> Outcome {
        var address = file.address
        for _ in 0...HubClient.hopLimit {
            var request = client.request(
                address, seconds: client.settings.downloadSeconds, isBounded: false)
            let start = partial.count
            if start > 0 { request.fields.append(("Range", "bytes=\(start)-")) }
            var reply = Reply()
            var refusal: Outcome?
            var failure: Int32 = 0
            let transfer = try client.connection.send(request, head: &reply) { reply, piece in
                // The body of a refusal is nothing to keep.
                guard reply.status == 200 || reply.status == 206 else { return true }
                refusal = refusal ?? Self.refusal(reply, start: start, size: file.size)
                guard refusal == nil else { return false }
                guard piece.count <= file.size - partial.count else {
                    refusal = .wrongSize("more bytes")
                    return false
                }
                failure = partial.append(piece)
                progress(partial.count)
                return failure == 0
            }
            if failure != 0 {
                throw HubError.file(
                    .unwritable(path: entry.blob(file.etag).path(percentEncoded: false), errno: failure))
            }
            if let refusal { return refusal }
            switch (transfer, reply.status) {
            case (.broke(let reason), _): return .broke(nil, reason)
            case (.stopped, _): return .broke(nil, "stopped")
            case (.whole, 200), (.whole, 206):
                return partial.count == file.size ? .came : .wrongSize("\(partial.count) bytes")
            case (.whole, 416): return .again
            case (.whole, _) where reply.isRedirect:
                address = try client.settings.redirect(from: address, reply).address
            case (.whole, 401), (.whole, 403), (.whole, 404), (.whole, 410):
                guard address.origin != client.settings.endpoint.origin else {
                    throw client.refusal(reply, address, file: file.name)
                }
                return .broke(reply, "status \(reply.status)")  // a signature that has expired
            case (.whole, _) where reply.isBusy: return .broke(reply, "status \(reply.status)")
            default: throw client.refusal(reply, address, file: file.name)
            }
        }
        throw client.circle(file.address)
    }

    /// What speaks against a body before its first byte: the file from its start where its rest was wanted,
    /// another part, or another size.
    private static func refusal(_ reply: Reply, start: Int, size: Int) -> Outcome? {
        if reply.status == 206 {
            guard start > 0, let part = reply.part, part.start == start else { return .again }
            if let total = part.total, total != size { return .wrongSize("\(total) bytes") }
        } else {
            if start > 0 { return .again }
            if let length = reply.length, length != size { return .wrongSize("\(length) bytes") }
        }
        return nil
    }
}
