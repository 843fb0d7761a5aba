import SpanielFiles

/// Reads little-endian numbers one after the other, from bytes or from a part of a mapped file; nothing
/// beyond the end is ever read.
struct ByteReader {
    private enum Source {
        case bytes([UInt8])
        case file(MappedFile)
    }

    private let source: Source
    private let end: Int
    /// The place of the next byte.
    private(set) var offset: Int

    init(_ bytes: [UInt8]) { (source, offset, end) = (.bytes(bytes), 0, bytes.count) }

    /// - Precondition: the range lies inside the file.
    init(_ file: MappedFile, _ range: Range<Int>) {
        (source, offset, end) = (.file(file), range.lowerBound, range.upperBound)
    }

    var isAtEnd: Bool { offset == end }

    /// The next number; nil if fewer bytes are left.
    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(_: Number.Type) -> Number? {
        guard let bytes = bytes(MemoryLayout<Number>.size) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    /// The next bytes; nil if fewer are left.
    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= end - offset else { return nil }
        defer { offset += count }
        switch source {
        case .bytes(let bytes): return Array(bytes[offset..<offset + count])
        case .file(let file): return file.withBytes(offset..<offset + count) { Array($0) }
        }
    }

    /// Passes over bytes; false if fewer are left.
    mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, count <= end - offset else { return false }
        offset += count
        return true
    }
}
