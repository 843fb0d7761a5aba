/// The first directory of a TIFF or BigTIFF file: numbers by their tags, read with bounds checked.
struct TIFFDirectory {
    private let bytes: UnsafeRawBufferPointer
    private let isLittle: Bool
    private let isBig: Bool
    private var entries: [Int: (type: Int, count: Int, at: Int)] = [:]

    /// - Throws: `truncated` when the directory does not lie in the file.
    init(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImagingError) {
        self.bytes = bytes
        isLittle = bytes.count > 0 && bytes[0] == 0x49
        let truncated = ImagingError.truncated(
            file: name, found: "the file ends after \(bytes.count) bytes, before its directory")
        guard bytes.count >= 8 else { throw truncated }
        let first = isLittle ? bytes[2] : bytes[3]
        isBig = first == 0x2B
        guard let start = isBig ? number(at: 8, bytes: 8) : number(at: 4, bytes: 4),
            let count = number(at: start, bytes: isBig ? 8 : 2)
        else { throw truncated }
        let length = isBig ? 20 : 12
        let table = start + (isBig ? 8 : 2)
        guard count <= (bytes.count - table) / length else { throw truncated }
        for entry in 0..<count {
            let at = table + length * entry
            guard let tag = number(at: at, bytes: 2), let type = number(at: at + 2, bytes: 2),
                let count = number(at: at + 4, bytes: isBig ? 8 : 4), let size = Self.sizes[type]
            else { continue }
            let (total, overflow) = count.multipliedReportingOverflow(by: size)
            if overflow { continue }
            // Short values stand in the entry itself, longer ones elsewhere.
            let inside = at + (isBig ? 12 : 8)
            let place = total <= (isBig ? 8 : 4) ? inside : number(at: inside, bytes: isBig ? 8 : 4)
            guard let place, entries[tag] == nil else { continue }
            guard place <= bytes.count, total <= bytes.count - place else { throw truncated }
            entries[tag] = (type, count, place)
        }
    }

    /// Bytes of a value, by its type's number.
    private static let sizes = [
        1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
    ]

    func has(_ tag: Int) -> Bool { entries[tag] != nil }

    /// The unsigned whole numbers of a tag; none when it is absent or of another type.
    func numbers(_ tag: Int) -> [Int] {
        guard let entry = entries[tag], [1, 3, 4, 13, 16, 18].contains(entry.type),
            let size = Self.sizes[entry.type]
        else { return [] }
        return (0..<entry.count).map { number(at: entry.at + $0 * size, bytes: size) ?? .max }
    }

    /// The first number of a tag.
    func number(_ tag: Int) -> Int? { numbers(tag).first }

    /// The bytes of a tag, whatever they mean.
    func data(_ tag: Int) -> UnsafeRawBufferPointer? {
        guard let entry = entries[tag], let size = Self.sizes[entry.type] else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[entry.at..<entry.at + entry.count * size])
    }

    /// A number of 1, 2, 4 or 8 bytes; nil outside the file, and where it is too large to be one of ours.
    private func number(at offset: Int, bytes count: Int) -> Int? {
        guard offset >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        var value: UInt64 = 0
        for index in 0..<count {
            value = value << 8 | UInt64(bytes[offset + (isLittle ? count - 1 - index : index)])
        }
        return Int(exactly: value)
    }
}
