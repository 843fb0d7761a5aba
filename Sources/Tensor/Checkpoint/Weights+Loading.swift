import SpanielFiles
import SpanielJSON
public import SpanielPlatform

extension Weights {
    /// Opens the weights of a model's folder: `model.safetensors`, or the files that
    /// `model.safetensors.index.json` lists.
    ///
    /// - Parameters:
    ///   - folder: the model's folder.
    ///   - name: the model's name in messages; by default the folder's.
    /// - Throws: `WeightsError` if the folder or a file is missing, unreadable, or contradicts itself.
    public init(contentsOf folder: URL, name: String? = nil) throws(WeightsError) {
        let path = folder.path(percentEncoded: false)
        let single = folder.appending(path: "model.safetensors")
        let index = folder.appending(path: ShardIndex.fileName)
        let files: [Safetensors]
        let slots: [(String, WeightsSource.Slot)]
        switch (FileKind(of: folder), FileKind(of: single), FileKind(of: index)) {
        case (.missing, _, _): throw .file(.missing(path: path))
        case (.file, _, _):
            throw .incomplete(
                folder: path, expected: "a model's folder", found: "a file (give the folder that holds it)")
        case (_, .missing, .missing):
            throw .incomplete(
                folder: path, expected: "model.safetensors or model.safetensors.index.json",
                found: Self.other(in: folder))
        case (_, .missing, _):
            (files, slots) = try Self.shards(index: index, folder: folder)
        default:
            let file = try Safetensors(contentsOf: single)
            files = [file]
            slots = file.entries.map { ($0.name, .stored(file.stored($0))) }
        }
        let all = ModelFiles(files.map(\.file))
        // Where packed matrices are kept, it turns out later which file is read.
        if all.packed == nil { all.prefetch() }
        self.init(
            source: WeightsSource(
                modelName: name ?? Self.modelName(folder), files: all, slots: slots))
    }

    /// Creates weights from tensors in memory.
    ///
    /// - Parameters:
    ///   - tensors: the tensors by their full names, each given once.
    ///   - name: the model's name in messages.
    public init(_ tensors: [(String, Tensor)], name: String) {
        self.init(
            source: WeightsSource(
                modelName: name, files: ModelFiles([]), slots: tensors.map { ($0.0, .memory($0.1)) }))
    }

    /// Returns a folder's name; for a snapshot in Python's hub cache (`models--ORG--NAME/snapshots/COMMIT`)
    /// NAME.
    static func modelName(_ folder: URL) -> String {
        let parts = folder.standardizedFileURL.pathComponents.filter { $0 != "/" }
        if parts.count >= 3, parts[parts.count - 2] == "snapshots",
            parts[parts.count - 3].hasPrefix("models--")
        {
            return parts[parts.count - 3].split(separator: "--").last.map(String.init)
                ?? parts[parts.count - 3]
        }
        return parts.last ?? folder.path(percentEncoded: false)
    }

    private static func other(in folder: URL) -> String {
        for name in ["pytorch_model.bin", "model.bin", "tf_model.h5", "flax_model.msgpack"]
        where FileKind(of: folder.appending(path: name)) == .file {
            return "\(name) (only safetensors is read: fetch or save the model as that)"
        }
        return "neither"
    }

    /// Opens the files of a sharded model. The index says which file each tensor comes from, and the files
    /// must agree with it.
    private static func shards(index: URL, folder: URL) throws(WeightsError) -> (
        [Safetensors], [(String, WeightsSource.Slot)]
    ) {
        let index = try ShardIndex(contentsOf: index)
        var files: [Safetensors] = []
        var slots: [(String, WeightsSource.Slot)] = []
        for name in index.fileNames {
            let shard = try Safetensors(contentsOf: folder.appending(path: name))
            try index.check(shard, name)
            slots += shard.entries.map { ($0.name, .stored(shard.stored($0))) }
            files.append(shard)
        }
        try index.checkPresent(slots.map(\.0))
        return (files, slots)
    }

    /// Returns the names of the files that an index lists, each one of its own folder.
    package static func shardNames(index: URL) throws(WeightsError) -> [String] {
        try ShardIndex(contentsOf: index).fileNames
    }

    /// Returns the first file that a model's folder lacks: its configuration, its weights, or a part of them.
    /// It does not check contents.
    package static func missingFile(in folder: URL) -> String? {
        func isThere(_ name: String) -> Bool { FileKind(of: folder.appending(path: name)) == .file }
        if !isThere("config.json") { return "config.json" }
        if isThere("model.safetensors") { return nil }
        guard let index = try? ShardIndex(contentsOf: folder.appending(path: ShardIndex.fileName)) else {
            return "model.safetensors"
        }
        return index.fileNames.first { !isThere($0) }
    }
}
