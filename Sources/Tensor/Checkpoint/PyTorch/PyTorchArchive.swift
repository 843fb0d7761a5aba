import SpanielFiles
import SpanielJSON
import SpanielPlatform

/// The tensors of a checkpoint that PyTorch wrote, by their names in it. Nothing in the file is executed, and
/// no number is read before it is asked for.
struct PyTorchArchive {
    /// The tensors in the order of the file.
    let tensors: [(name: String, tensor: StoredTensor)]
    let file: MappedFile

    /// Opens a file that `torch.save` or `torch.jit.save` wrote, from PyTorch 1.6 on.
    /// - Throws: `WeightsError`: `.global` if it names what weights do not need, else `.checkpoint`.
    init(contentsOf url: URL) throws(WeightsError) {
        do throws(FileError) { file = try MappedFile(url) } catch { throw .file(error) }
        if let other = Self.otherFormat(file) {
            throw file.refused("a checkpoint as torch.save writes it since PyTorch 1.6", other)
        }
        let directory = try ZipDirectory(file)
        // `torch.save` names the folder after the file; every entry lies in it.
        let pickles = directory.entries.filter { $0.name.hasSuffix("/data.pkl") }
        guard let entry = pickles.first, pickles.count == 1 else {
            throw file.refused("a zip archive with one data.pkl, as torch.save writes it", "\(pickles.count)")
        }
        let folder = String(entry.name.dropLast("data.pkl".count))
        // `torch.serialization.set_crc32_options(False)` writes zeros.
        let isChecked = directory.entries.contains { $0.checksum != 0 }
        let files = Entries(file, directory, folder: folder, isChecked: isChecked)
        if let order = try files.bytes("byteorder", limit: 16), order != Array("little".utf8) {
            throw file.refused(
                "little-endian numbers",
                "byteorder \(WeightsError.printable(String(decoding: order, as: UTF8.self)))")
        }
        guard let bytes = try files.bytes("data.pkl", limit: PickleMachine.byteLimit) else {
            throw file.refused("data.pkl", "none")
        }
        let pickle = try PickleMachine.read(bytes, file: file.path)
        tensors = try StateDictionary(pickle, file: file.path).tensors.map {
            name, number throws(WeightsError) in
            (name, try files.tensor(pickle.tensors[number], of: pickle))
        }
    }

    /// The entries of an archive, by their names below its folder.
    private struct Entries {
        let file: MappedFile
        let entries: [UTF8Key: ZipDirectory.Entry]
        let checksums: [UTF8Key: StoredChecksum]
        let folder: String

        init(_ file: MappedFile, _ directory: ZipDirectory, folder: String, isChecked: Bool) {
            (self.file, self.folder) = (file, folder)
            entries = Dictionary(uniqueKeysWithValues: directory.entries.map { (UTF8Key($0.name), $0) })
            checksums =
                isChecked
                ? entries.mapValues { StoredChecksum(file, $0.name, $0.range, $0.checksum) } : [:]
        }

        func entry(_ name: String) throws(WeightsError) -> ZipDirectory.Entry? {
            guard let entry = entries[UTF8Key(folder + name)] else { return nil }
            guard entry.isStored else {
                throw file.refused("\(WeightsError.printable(entry.name)) stored as it is", "it compressed")
            }
            return entry
        }

        /// A small entry's bytes; nil if there is none.
        func bytes(_ name: String, limit: Int) throws(WeightsError) -> [UInt8]? {
            guard let entry = try entry(name) else { return nil }
            guard entry.range.count <= limit else {
                throw file.refused("\(name) of at most \(limit) bytes", "\(entry.range.count)")
            }
            try checksums[UTF8Key(folder + name)]?.verify()
            return file.withBytes(entry.range) { Array($0) }
        }

        func tensor(_ view: Pickle.View, of pickle: Pickle) throws(WeightsError) -> StoredTensor {
            let storage = pickle.storages[view.storage]
            let (name, size) = ("data/\(storage.key)", storage.type.bits / 8)
            guard let entry = try entry(name) else {
                throw file.refused(WeightsError.printable(name), "no such entry")
            }
            let (bytes, overflow) = storage.count.multipliedReportingOverflow(by: size)
            guard !overflow, bytes == entry.range.count else {
                throw file.refused(
                    "\(storage.count) numbers of \(size) bytes in \(WeightsError.printable(name))",
                    "\(entry.range.count) bytes")
            }
            return StoredTensor(
                file, storage.type, start: entry.range.lowerBound + view.offset * size, shape: view.shape,
                strides: view.strides, checksum: checksums[UTF8Key(folder + name)])
        }
    }

    /// Names what people have in place of such a checkpoint, by its first bytes.
    private static func otherFormat(_ file: MappedFile) -> String? {
        let start = file.withBytes(0..<min(file.count, 512)) { Array($0) }
        if start.starts(with: "PK\u{3}\u{4}".utf8) { return nil }
        let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
        let again = "torch.save(torch.load(FILE, weights_only=True), NEW) in PyTorch writes it anew"
        if start.first == 0x80, start.dropFirst(2).starts(with: magic) {
            return "one of an older PyTorch, which is not read: \(again)"
        }
        if start.count == 512, start[257..<262].elementsEqual("ustar".utf8) {
            return "a tar archive, as PyTorch wrote before 0.4, which is not read: \(again)"
        }
        if start.first == 0x80 { return "a pickle without an archive around it" }
        if start.count > 9, start[8] == UInt8(ascii: "{"), start[5..<8].allSatisfy({ $0 == 0 }) {
            return "a safetensors file (name the folder it is in, with its config.json)"
        }
        return Safetensors.otherFormat(start)
    }
}
