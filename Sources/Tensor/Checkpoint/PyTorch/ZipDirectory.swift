import SpanielFiles
import SpanielJSON

/// The table of contents of a zip archive (PKWARE APPNOTE 6.3), as far as PyTorch's archives use it.
///
/// It is our own because an archive is read where it is mapped, without copies, and because what other
/// readers forgive is refused: entries that overlap, a name that occurs twice, headers that disagree, bytes
/// after the end, encryption, several disks. Entries are found, never unpacked.
struct ZipDirectory {
    struct Entry {
        let name: String
        /// Whether the bytes are in the file as they are; nothing compressed is read.
        let isStored: Bool
        /// The CRC-32 of the bytes.
        let checksum: UInt32
        /// The place of the bytes in the file.
        let range: Range<Int>
        /// The place of the entry's header in the file.
        fileprivate let start: Int
    }

    let entries: [Entry]

    static let entryLimit = 20_000
    private static let nameLimit = 255
    private static let byteLimit = 16 << 20

    /// Reads and checks the directory of a file.
    /// - Throws: `WeightsError.checkpoint` with what was expected and found.
    init(_ file: MappedFile) throws(WeightsError) {
        let end = try ZipEnd(file)
        guard end.count <= Self.entryLimit else {
            throw file.refused("an archive of at most \(Self.entryLimit) entries", "\(end.count)")
        }
        guard end.directory.count <= Self.byteLimit else {
            throw file.refused(
                "a directory of at most \(Self.byteLimit) bytes", "\(end.directory.count)")
        }
        var reader = ByteReader(file, end.directory)
        var entries: [Entry] = []
        var names: Set<UTF8Key> = []
        for _ in 0..<end.count {
            let entry = try Self.entry(&reader, file, before: end.directory.lowerBound)
            guard names.insert(UTF8Key(entry.name)).inserted else {
                throw file.refused("each entry once", "\(WeightsError.printable(entry.name)) twice")
            }
            entries.append(entry)
        }
        guard reader.isAtEnd else { throw file.refused("\(end.count) entries", "more in the directory") }
        let sorted = entries.sorted { $0.start < $1.start }
        for (a, b) in zip(sorted, sorted.dropFirst()) where b.start < a.range.upperBound {
            throw file.refused(
                "entries beside each other",
                "\(WeightsError.printable(a.name)) and \(WeightsError.printable(b.name)) overlap")
        }
        self.entries = entries
    }

    /// Reads an entry of the directory and compares it with the header that stands before its bytes.
    private static func entry(_ reader: inout ByteReader, _ file: MappedFile, before limit: Int)
        throws(WeightsError) -> Entry
    {
        guard let header = ZipHeader(central: &reader) else {
            throw file.refused("an entry in the archive's directory", "none (is it cut short?)")
        }
        guard let name = String(validating: header.name, as: UTF8.self), !name.isEmpty,
            header.name.count <= nameLimit
        else { throw file.refused("a name of 1 to \(nameLimit) bytes of UTF-8", "another") }
        let place = WeightsError.printable(name)
        guard header.flags & ZipHeader.encrypted == 0 else {
            throw file.refused("entries that anybody may read", "\(place), which is encrypted")
        }
        guard header.disk == 0 else { throw file.refused("one file", "\(place) on disk \(header.disk)") }
        guard let start = Int(exactly: header.offset), start < limit,
            let size = Int(exactly: header.size), let stored = Int(exactly: header.storedSize)
        else { throw file.refused("\(place) inside the file", "its header beyond the end") }
        var local = ByteReader(file, start..<limit)
        guard let before = ZipHeader(local: &local), before.agrees(with: header) else {
            throw file.refused("\(place) as the directory says", "another header before its bytes")
        }
        guard stored <= limit - local.offset else {
            throw file.refused("\(place) inside the file", "\(stored) bytes, beyond the end")
        }
        let isStored = header.method == 0
        guard !isStored || stored == size else {
            throw file.refused("\(place) stored as it is", "\(stored) bytes for \(size)")
        }
        return Entry(
            name: name, isStored: isStored, checksum: header.checksum,
            range: local.offset..<local.offset + stored, start: start)
    }
}

extension MappedFile {
    /// The error for a checkpoint that is not as it should be.
    func refused(_ expected: String, _ found: String) -> WeightsError {
        .checkpoint(file: path, expected: expected, found: found)
    }
}
