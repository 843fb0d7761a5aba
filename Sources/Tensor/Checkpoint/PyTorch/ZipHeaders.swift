import SpanielFiles

/// The header of an entry, in the directory and before the entry's bytes; numbers of 64 bits stand in an
/// extra field.
struct ZipHeader {
    var flags: UInt16 = 0
    var method: UInt16 = 0
    var checksum: UInt32 = 0
    var storedSize: UInt64 = 0
    var size: UInt64 = 0
    var name: [UInt8] = []
    var disk: UInt32 = 0
    var offset: UInt64 = 0

    /// The flags of encrypted entries: ordinary, strong, and with a hidden directory.
    static let encrypted: UInt16 = 0x2041
    /// The flag of an entry whose size and checksum also follow its bytes; before them may stand zeros.
    private static let streamed: UInt16 = 0x0008

    /// Reads a header of the directory; nil if there is none.
    init?(central reader: inout ByteReader) {
        guard reader.number(UInt32.self) == 0x0201_4B50, reader.skip(4), readStart(&reader),
            let nameCount = reader.number(UInt16.self), let extraCount = reader.number(UInt16.self),
            let commentCount = reader.number(UInt16.self), let disk = reader.number(UInt16.self),
            reader.skip(6), let offset = reader.number(UInt32.self),
            let name = reader.bytes(Int(nameCount)), let extra = reader.bytes(Int(extraCount)),
            reader.skip(Int(commentCount))
        else { return nil }
        (self.name, self.disk, self.offset) = (name, UInt32(disk), UInt64(offset))
        guard widen(extra, offset: offset == .max) else { return nil }
    }

    /// Reads the header before an entry's bytes, which begin where the reader then stands; nil if there is
    /// none.
    init?(local reader: inout ByteReader) {
        guard reader.number(UInt32.self) == 0x0403_4B50, reader.skip(2), readStart(&reader),
            let nameCount = reader.number(UInt16.self), let extraCount = reader.number(UInt16.self),
            let name = reader.bytes(Int(nameCount)), let extra = reader.bytes(Int(extraCount))
        else { return nil }
        self.name = name
        guard widen(extra, offset: false) else { return nil }
    }

    /// Whether this header before the bytes says the same as the directory's.
    func agrees(with central: ZipHeader) -> Bool {
        func agree(_ a: some BinaryInteger, _ b: some BinaryInteger) -> Bool {
            a == b || (flags & Self.streamed != 0 && a == 0)
        }
        return flags == central.flags && method == central.method && name == central.name
            && agree(checksum, central.checksum) && agree(size, central.size)
            && agree(storedSize, central.storedSize)
    }

    private mutating func readStart(_ reader: inout ByteReader) -> Bool {
        guard let flags = reader.number(UInt16.self), let method = reader.number(UInt16.self),
            reader.skip(4), let checksum = reader.number(UInt32.self),
            let storedSize = reader.number(UInt32.self), let size = reader.number(UInt32.self)
        else { return false }
        (self.flags, self.method, self.checksum) = (flags, method, checksum)
        (self.storedSize, self.size) = (UInt64(storedSize), UInt64(size))
        return true
    }

    /// Takes the numbers that did not fit from the extra field of ZIP64.
    private mutating func widen(_ extra: [UInt8], offset isOffsetWide: Bool) -> Bool {
        let wide = UInt64(UInt32.max)
        guard size == wide || storedSize == wide || isOffsetWide else { return true }
        var reader = ByteReader(extra)
        while let id = reader.number(UInt16.self), let count = reader.number(UInt16.self),
            let field = reader.bytes(Int(count))
        {
            guard id == 1 else { continue }
            var numbers = ByteReader(field)
            if size == wide {
                guard let number = numbers.number(UInt64.self) else { return false }
                size = number
            }
            if storedSize == wide {
                guard let number = numbers.number(UInt64.self) else { return false }
                storedSize = number
            }
            if isOffsetWide {
                guard let number = numbers.number(UInt64.self) else { return false }
                offset = number
            }
            return true
        }
        return false
    }
}

/// What stands at the end of an archive: where its directory is, and how many entries it has.
struct ZipEnd {
    let directory: Range<Int>
    let count: Int

    private static let length = 22
    private static let locatorLength = 20
    private static let wideLength = 56

    init(_ file: MappedFile) throws(WeightsError) {
        guard let place = Self.place(in: file) else {
            throw file.refused("a zip archive, as torch.save writes it", "no end of one (is it cut short?)")
        }
        var reader = ByteReader(file, place + 4..<file.count)
        guard let disk = reader.number(UInt16.self), let other = reader.number(UInt16.self),
            reader.skip(2), let count = reader.number(UInt16.self), let size = reader.number(UInt32.self),
            let offset = reader.number(UInt32.self)
        else { throw file.refused("the archive's end", "less") }
        if let wide = try Self.wide(file, before: place) {
            (directory, self.count) = wide
            return
        }
        guard disk == 0, other == 0 else { throw file.refused("an archive of one file", "several disks") }
        (directory, self.count) = (
            try Self.directory(file, UInt64(offset), UInt64(size), before: place), Int(count)
        )
    }

    /// The place of the last record, whose comment must reach to the end of the file.
    private static func place(in file: MappedFile) -> Int? {
        let start = max(0, file.count - length - 65535)
        let tail = file.withBytes(start..<file.count) { Array($0) }
        guard tail.count >= length else { return nil }
        return stride(from: tail.count - length, through: 0, by: -1).first { i in
            tail[i] == 0x50 && tail[i + 1] == 0x4B && tail[i + 2] == 5 && tail[i + 3] == 6
                && Int(tail[i + 20]) + Int(tail[i + 21]) << 8 == tail.count - i - length
        }.map { start + $0 }
    }

    /// Reads the record of ZIP64, which a locator before the last record announces.
    private static func wide(_ file: MappedFile, before place: Int) throws(WeightsError) -> (
        Range<Int>, Int
    )? {
        guard place >= locatorLength else { return nil }
        var locator = ByteReader(file, place - locatorLength..<place)
        guard locator.number(UInt32.self) == 0x0706_4B50 else { return nil }
        guard locator.number(UInt32.self) == 0, let offset = locator.number(UInt64.self),
            let start = Int(exactly: offset), locator.number(UInt32.self) == 1,
            start <= place - locatorLength, place - locatorLength - start >= wideLength
        else { throw file.refused("the end of a ZIP64 archive of one file", "another place or disk") }
        var reader = ByteReader(file, start..<place - locatorLength)
        guard reader.number(UInt32.self) == 0x0606_4B50, reader.skip(12),
            reader.number(UInt32.self) == 0, reader.number(UInt32.self) == 0,
            let here = reader.number(UInt64.self), let all = reader.number(UInt64.self), here == all,
            let count = Int(exactly: all), let size = reader.number(UInt64.self),
            let offset = reader.number(UInt64.self)
        else { throw file.refused("the end of a ZIP64 archive of one file", "another record") }
        return (try directory(file, offset, size, before: start), count)
    }

    /// The directory ends where the record that names it begins.
    private static func directory(_ file: MappedFile, _ offset: UInt64, _ size: UInt64, before end: Int)
        throws(WeightsError) -> Range<Int>
    {
        guard let offset = Int(exactly: offset), let size = Int(exactly: size), offset <= end,
            size == end - offset
        else { throw file.refused("the archive's directory before its end", "another place") }
        return offset..<end
    }
}
