import SpanielFiles
import SpanielJSON

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Weights {
    /// The weights of a model's folder: `model.safetensors`, or the files that `model.safetensors.index.json` lists.
    ///
    /// - Parameter name: what messages call the model; else the folder's name.
    /// - Throws: `WeightsError` when the folder or a file is missing, unreadable, or contradicts itself.
    public init(contentsOf folder: URL, name: String? = nil) throws(WeightsError) {
        let path = folder.path(percentEncoded: false)
        let single = folder.appending(path: "model.safetensors")
        let index = folder.appending(path: "model.safetensors.index.json")
        let files: [Safetensors]
        let slots: [(String, WeightsSource.Slot)]
        switch (FileKind(of: folder), FileKind(of: single), FileKind(of: index)) {
        case (.missing, _, _): throw .file(.missing(path: path))
        case (.file, _, _):
            throw .incomplete(folder: path, expected: "a model's folder", found: "a file (give the folder that holds it)")
        case (_, .missing, .missing):
            throw .incomplete(folder: path, expected: "model.safetensors or model.safetensors.index.json", found: Self.other(in: folder))
        case (_, .missing, _):
            (files, slots) = try Self.shards(index: index, folder: folder)
        default:
            let file = try Safetensors(contentsOf: single)
            file.file.prefetch()
            files = [file]
            slots = file.entries.map { ($0.name, .file(file, $0)) }
        }
        self.init(source: WeightsSource(modelName: name ?? Self.modelName(folder), files: files, slots: slots))
    }

    /// Weights that are in memory already.
    ///
    /// - Precondition: no name stands twice.
    public init(_ tensors: [(String, Tensor)], name: String) {
        self.init(source: WeightsSource(modelName: name, files: [], slots: tensors.map { ($0.0, .memory($0.1)) }))
    }

    /// A folder's name; for a snapshot in Python's hub cache (`models--ORG--NAME/snapshots/COMMIT`) the NAME.
    static func modelName(_ folder: URL) -> String {
        let parts = folder.standardizedFileURL.pathComponents.filter { $0 != "/" }
        if parts.count >= 3, parts[parts.count - 2] == "snapshots", parts[parts.count - 3].hasPrefix("models--") {
            return parts[parts.count - 3].split(separator: "--").last.map(String.init) ?? parts[parts.count - 3]
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

    // MARK: Several files

    private static let indexByteLimit = 64 << 20

    /// The files of a sharded model. The index decides which file each tensor comes from, and both must agree on every one.
    private static func shards(index: URL, folder: URL) throws(WeightsError) -> ([Safetensors], [(String, WeightsSource.Slot)]) {
        let file = index.path(percentEncoded: false)
        let map = try weightMap(index, file)
        var files: [Safetensors] = []
        var slots: [(String, WeightsSource.Slot)] = []
        let names = Set(map.values.map(UTF8Key.init)).map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in names {
            let shard = try Safetensors(contentsOf: folder.appending(path: name))
            shard.file.prefetch()
            for entry in shard.entries {
                guard let home = map[UTF8Key(entry.name)], UTF8Key(home) == UTF8Key(name) else {
                    let home = map[UTF8Key(entry.name)].map { "listed for \($0)" } ?? "not listed"
                    throw .index(
                        file: file, expected: "every tensor of \(name)", found: "\(WeightsError.printable(entry.name)) \(home)")
                }
                slots.append((entry.name, .file(shard, entry)))
            }
            files.append(shard)
        }
        let found = Set(slots.map { UTF8Key($0.0) })
        for (key, name) in map where !found.contains(key) {
            throw .index(file: file, expected: "\(WeightsError.printable(key.text)) in \(name)", found: "no such tensor there")
        }
        return (files, slots)
    }

    private static func weightMap(_ index: URL, _ file: String) throws(WeightsError) -> [UTF8Key: String] {
        let json: JSON
        do {
            json = try JSON(parsing: ReadableFile.bytes(of: index, limit: indexByteLimit))
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .index(file: file, expected: "JSON", found: "\(error)")
        }
        guard let fields = json["weight_map"]?.object, !fields.isEmpty else {
            throw .index(file: file, expected: "a weight_map from tensors to files", found: json["weight_map"]?.kind ?? "none")
        }
        var map: [UTF8Key: String] = [:]
        for (key, value) in fields {
            guard let name = value.string, isPlainName(name) else {
                throw .index(
                    file: file, expected: "the name of a file in this folder for \(WeightsError.printable(key))",
                    found: value.string.map(WeightsError.printable) ?? value.kind)
            }
            map[UTF8Key(key)] = name
        }
        return map
    }

    /// Whether a name from a file can only mean a file of the folder it is looked for in.
    static func isPlainName(_ name: String) -> Bool {
        let bytes = name.utf8
        return !bytes.isEmpty && bytes.count <= 255 && bytes.first != UInt8(ascii: ".")
            && bytes.allSatisfy {
                $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: ":")
            }
    }
}
