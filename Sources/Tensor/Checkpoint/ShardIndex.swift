import SpanielFiles
import SpanielJSON
import SpanielPlatform

/// The index of a sharded model, `model.safetensors.index.json`, which says which file holds each tensor. Its
/// total size is only advice and not read.
struct ShardIndex {
    static let fileName = "model.safetensors.index.json"
    private static let byteLimit = 64 << 20

    /// The model's files, sorted by name; each lies in the folder of the index.
    let fileNames: [String]
    private let homes: [UTF8Key: String]
    private let path: String

    /// Reads an index.
    /// - Throws: `WeightsError` if the file is missing, is no index, or names a file that could lie
    ///   elsewhere.
    init(contentsOf url: URL) throws(WeightsError) {
        let path = url.path(percentEncoded: false)
        let json: JSON
        do {
            json = try JSON(parsing: ReadableFile.bytes(of: url, limit: Self.byteLimit))
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .index(file: path, expected: "JSON", found: "\(error)")
        }
        guard let fields = json["weight_map"]?.object, !fields.isEmpty else {
            throw .index(
                file: path, expected: "a weight_map from tensors to files",
                found: json["weight_map"]?.kind ?? "none")
        }
        var homes: [UTF8Key: String] = [:]
        for (tensor, value) in fields {
            guard let name = value.string, Self.isPlainName(name) else {
                throw .index(
                    file: path,
                    expected: "the name of a file in this folder for \(WeightsError.printable(tensor))",
                    found: value.string.map(WeightsError.printable) ?? value.kind)
            }
            homes[UTF8Key(tensor)] = name
        }
        self.path = path
        self.homes = homes
        fileNames = Set(homes.values.map(UTF8Key.init)).map(\.text).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }

    /// Checks that the index lists every tensor of a file for that file, so that none is in two files.
    func check(_ file: Safetensors, _ name: String) throws(WeightsError) {
        for entry in file.entries {
            let home = homes[UTF8Key(entry.name)]
            guard let home, UTF8Key(home) == UTF8Key(name) else {
                let found = home.map { "listed for \($0)" } ?? "not listed"
                throw .index(
                    file: path, expected: "every tensor of \(name)",
                    found: "\(WeightsError.printable(entry.name)) \(found)")
            }
        }
    }

    /// Checks that every tensor in the index is among those found.
    func checkPresent(_ tensors: [String]) throws(WeightsError) {
        let found = Set(tensors.map(UTF8Key.init))
        for (tensor, name) in homes where !found.contains(tensor) {
            throw .index(
                file: path, expected: "\(WeightsError.printable(tensor.text)) in \(name)",
                found: "no such tensor there")
        }
    }

    /// Returns whether a name from a file can only mean a file in the index's own folder.
    static func isPlainName(_ name: String) -> Bool {
        let bytes = name.utf8
        return !bytes.isEmpty && bytes.count <= 255 && bytes.first != UInt8(ascii: ".")
            && bytes.allSatisfy {
                $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\")
                    && $0 != UInt8(ascii: ":")
            }
    }
}
