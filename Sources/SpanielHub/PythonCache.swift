import SpanielFiles
import SpanielPlatform

/// The folder in which Python's huggingface_hub stores its downloads; we read it and never write.
struct PythonCache: Sendable {
    let folder: URL

    /// Follows huggingface_hub 2.4: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub,
    /// XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. An empty variable counts as unset.
    init(_ environment: Environment) {
        if let cache = environment["HF_HUB_CACHE"] ?? environment["HUGGINGFACE_HUB_CACHE"] {
            folder = environment.folder(expanding: cache)
        } else if let home = environment["HF_HOME"] {
            folder = environment.folder(expanding: home).appending(path: "hub")
        } else {
            folder = environment.folder(expanding: environment["XDG_CACHE_HOME"] ?? "~/.cache").appending(
                path: "huggingface/hub")
        }
    }

    /// The folder of a model's main revision; nil if it was never downloaded. Where nothing says which
    /// revision is the main one (a copied cache, a download by commit), one snapshot alone is the one meant.
    func snapshot(of id: HubID) -> URL? {
        let model = folder.appending(path: id.cacheFolder)
        let main = model.appending(path: "refs/main")
        guard let bytes = try? ReadableFile.bytes(of: main, limit: 100) else {
            return FileKind(of: main) == .missing ? onlySnapshot(model.appending(path: "snapshots")) : nil
        }
        let commit = String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0.isWhitespace }
        guard commit.utf8.count == 40, commit.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
        else { return nil }
        let snapshot = model.appending(path: "snapshots").appending(path: commit)
        return FileKind(of: snapshot) == .folder ? snapshot : nil
    }

    private func onlySnapshot(_ snapshots: URL) -> URL? {
        let path = snapshots.path(percentEncoded: false)
        let folders = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            .map { snapshots.appending(path: $0) }.filter { FileKind(of: $0) == .folder }
        return folders.count == 1 ? folders[0] : nil
    }
}

extension String {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isDropped(last) { text.removeLast() }
        return String(text)
    }
}
