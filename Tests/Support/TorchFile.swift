/// Writes what torch.save writes, byte by byte, so that a test can write it otherwise too.
package struct TorchFile {
    /// An entry of the archive.
    package struct Entry {
        package var name: String
        package var bytes: [UInt8]
        package var method: UInt16 = 0
        package var flags: UInt16 = 0
        /// The checksum that the headers say; nil: the right one.
        package var checksum: UInt32?
        /// The name before the bytes; nil: the directory's.
        package var localName: String?
        /// The place of the header that the directory names; nil: the right one.
        package var offset: UInt32?

        package init(_ name: String, _ bytes: some Sequence<UInt8>) {
            (self.name, self.bytes) = (name, Array(bytes))
        }
    }

    package var entries: [Entry]
    /// Whether the directory's numbers stand in ZIP64's fields.
    package var isWide = false

    package init(_ entries: [Entry]) { self.entries = entries }

    /// A checkpoint of a pickle and the bytes of its storages.
    package init(pickle: [UInt8], storages: [[UInt8]] = []) {
        entries =
            [Entry("t/data.pkl", pickle), Entry("t/byteorder", "little".utf8)]
            + storages.enumerated().map { Entry("t/data/\($0.offset)", $0.element) }
            + [Entry("t/version", "3\n".utf8)]
    }

    /// A checkpoint of Float32 tensors.
    package init(_ tensors: [(name: String, shape: [Int], values: [Float])]) {
        let pickle = tensors.enumerated().reduce(Pickler.start + Pickler.dictionary) { pickle, item in
            let (i, (name, shape, _)) = item
            return pickle + Pickler.text(name) + Pickler.tensor(key: "\(i)", shape: shape) + [
                UInt8(ascii: "s")
            ]
        }
        self.init(
            pickle: pickle + Pickler.stop,
            storages: tensors.map { tensor in tensor.values.flatMap { little($0.bitPattern) } })
    }

    package var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let start = UInt32(file.count)
            let crc = little(entry.checksum ?? Self.checksum(entry.bytes))
            let size = UInt32(entry.bytes.count)
            let middle = little(entry.flags) + little(entry.method) + little(UInt32(0)) + crc
            let local = Array((entry.localName ?? entry.name).utf8)
            file += little(UInt32(0x0403_4B50)) + little(UInt16(20)) + middle + little(size) + little(size)
            file += little(UInt16(local.count)) + little(UInt16(0)) + local + entry.bytes
            let name = Array(entry.name.utf8)
            let extra =
                isWide
                ? little(UInt16(1)) + little(UInt16(24)) + little(UInt64(size)) + little(UInt64(size))
                    + little(UInt64(entry.offset ?? start)) : []
            let shown = isWide ? UInt32.max : size
            directory += little(UInt32(0x0201_4B50)) + little(UInt32(0x0014_0014)) + middle
            directory += little(shown) + little(shown)
            directory += little(UInt16(name.count)) + little(UInt16(extra.count)) + little(UInt16(0))
            directory += little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0))
            directory += little(isWide ? UInt32.max : entry.offset ?? start) + name + extra
        }
        let place = file.count
        file += directory
        if isWide {
            let end = file.count
            file += little(UInt32(0x0606_4B50)) + little(UInt64(44)) + little(UInt32(0x002D_002D))
            file += little(UInt64(0)) + little(UInt64(entries.count)) + little(UInt64(entries.count))
            file += little(UInt64(directory.count)) + little(UInt64(place))
            file += little(UInt32(0x0706_4B50)) + little(UInt32(0)) + little(UInt64(end)) + little(UInt32(1))
        }
        let count = UInt16(isWide ? Int(UInt16.max) : entries.count)
        file += little(UInt32(0x0605_4B50)) + little(UInt32(0)) + little(count) + little(count)
        file += little(isWide ? UInt32.max : UInt32(directory.count))
        file += little(isWide ? UInt32.max : UInt32(place)) + little(UInt16(0))
        return file
    }

    /// CRC-32 bit by bit: the twin of the library's.
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
        }
        return ~crc
    }
}

/// Opcodes of a pickle, as torch writes them.
package enum Pickler {
    package static let start: [UInt8] = [0x80, 2]
    package static let stop = Array(".".utf8)
    package static let dictionary = Array("}".utf8)

    package static func text(_ text: String) -> [UInt8] {
        Array("X".utf8) + little(UInt32(text.utf8.count)) + text.utf8
    }

    package static func global(_ module: String, _ name: String) -> [UInt8] {
        Array("c\(module)\n\(name)\n".utf8)
    }

    package static func int(_ value: Int) -> [UInt8] { [0x8A, 8] + little(UInt64(bitPattern: Int64(value))) }

    package static func tuple(_ values: [UInt8]) -> [UInt8] { Array("(".utf8) + values + Array("t".utf8) }

    package static func ints(_ values: [Int]) -> [UInt8] { tuple(values.flatMap(int)) }

    /// `_rebuild_tensor_v2` of a storage of its own.
    package static func tensor(
        key: String, shape: [Int], strides: [Int]? = nil, offset: Int = 0, count: Int? = nil,
        storage: String = "FloatStorage"
    ) -> [UInt8] {
        let count = count ?? shape.reduce(1, &*)
        let id = tuple(text("storage") + global("torch", storage) + text(key) + text("cpu") + int(count))
        var rowMajor = shape
        var step = 1
        for axis in shape.indices.reversed() {
            rowMajor[axis] = step
            step = step &* shape[axis]
        }
        let hooks: [UInt8] = global("collections", "OrderedDict") + Array(")R".utf8)
        var arguments: [UInt8] = id + Array("Q".utf8) + int(offset) + ints(shape)
        arguments += ints(strides ?? rowMajor) + [0x89] + hooks
        return global("torch._utils", "_rebuild_tensor_v2") + tuple(arguments) + Array("R".utf8)
    }
}

/// A number's bytes, the lowest first.
package func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
