import SpanielFiles
public import SpanielPlatform

/// A safetensors file, open for reading. Its data is mapped: a tensor's bytes are read when the tensor is.
public struct Safetensors: Sendable {
    /// One tensor of a file.
    public struct Entry: Sendable, Equatable {
        /// The tensor's name, such as `vision_encoder.pos_embed`.
        public let name: String
        /// The format of its numbers.
        public let type: ElementType
        /// Its extents, outermost axis first.
        public let shape: [Int]
        /// The range of its bytes, counted from the end of the header, as long as the shape and the type
        /// need.
        public let range: Range<Int>
    }

    /// The file's path.
    public let path: String
    /// The tensors, in the order of their data.
    public let entries: [Entry]
    /// The header's `__metadata__`.
    public let metadata: [String: String]

    let file: MappedFile
    private let dataStart: Int

    /// Opens a file and checks its header.
    /// - Throws: `WeightsError` if the file is missing, is no safetensors file or contradicts itself.
    public init(contentsOf url: URL) throws(WeightsError) {
        path = url.path(percentEncoded: false)
        do {
            let file = try ReadableFile(url)
            let start = try file.read(at: 0, length: 8)
            let headerCount = try Self.headerCount(start, fileCount: file.count, path: path)
            let bytes = try file.read(at: 8, length: headerCount)
            dataStart = 8 + headerCount
            let header = try SafetensorsHeader(parsing: bytes, dataCount: file.count - dataStart, file: path)
            entries = header.entries
            metadata = header.metadata
            self.file = try MappedFile(file)
        } catch let error as FileError {
            throw .file(error)
        } catch let error as WeightsError {
            throw error
        } catch {
            preconditionFailure("\(error)")  // nothing above throws anything else
        }
    }

    /// Returns the length of the header, checked against the limit and the file before anything is allocated.
    static func headerCount(_ start: [UInt8], fileCount: Int, path: String) throws(WeightsError) -> Int {
        guard start.count == 8 else {
            throw .notSafetensors(file: path, found: "a file of \(fileCount) bytes")
        }
        let announced = start.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard announced <= UInt64(SafetensorsHeader.byteLimit), let count = Int(exactly: announced) else {
            let found =
                otherFormat(start)
                ?? "a header of \(announced) bytes, of which at most \(SafetensorsHeader.byteLimit) are read"
            throw .notSafetensors(file: path, found: found)
        }
        guard count <= fileCount - 8 else {
            let found =
                otherFormat(start)
                ?? "a header of \(count) bytes in a file of \(fileCount) (is it cut short?)"
            throw .notSafetensors(file: path, found: found)
        }
        return count
    }

    /// Names what people often have in place of a weights file, by its first bytes.
    static func otherFormat(_ start: [UInt8]) -> String? {
        let formats = [
            ("version ", "a Git LFS pointer (fetch the file itself with: git lfs pull)"),
            ("<!doctyp", "a web page"), ("<!DOCTYP", "a web page"), ("<html", "a web page"),
            ("GGUF", "a GGUF file"),
            ("PK\u{3}\u{4}", "a zip archive, as PyTorch's .pth and .bin are (save it as safetensors)"),
        ]
        return formats.first { start.starts(with: $0.0.utf8) }?.1
    }

    /// Returns the entry of a tensor, or nil if the file has none of that name. Names are equal byte by byte.
    public func entry(_ name: String) -> Entry? { entries.first { $0.name.utf8.elementsEqual(name.utf8) } }

    // MARK: Values

    /// Reads a tensor's values as Float32: F16 and BF16 exactly, F64 rounded.
    /// - Throws: `WeightsError.type` for any other type.
    public func tensor(_ entry: Entry) throws(WeightsError) -> Tensor {
        try stored(entry).tensor(entry.name, model: path)
    }

    /// A tensor where it lies.
    package func stored(_ entry: Entry) -> StoredTensor {
        StoredTensor(file, entry.type, start: dataStart + entry.range.lowerBound, shape: entry.shape)
    }

    /// Reads a tensor's values as whole numbers, row-major.
    /// - Throws: `WeightsError.type` unless it holds booleans or whole numbers of at most 64 bits with a
    ///   sign.
    public func integers(_ entry: Entry) throws(WeightsError) -> [Int64] {
        switch entry.type {
        case .bool, .uint8: load(entry, UInt8.self)
        case .int8: load(entry, Int8.self)
        case .int16: load(entry, Int16.self)
        case .uint16: load(entry, UInt16.self)
        case .int32: load(entry, Int32.self)
        case .uint32: load(entry, UInt32.self)
        case .int64: load(entry, Int64.self)
        default:
            throw .type(
                model: path, tensor: entry.name, expected: "whole numbers of at most 64 bits with a sign",
                found: entry.type.rawValue)
        }
    }

    /// Calls `body` with a tensor's bytes as the file has them; they are valid only during the call.
    package func withBytes<R>(of entry: Entry, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        file.withBytes(dataStart + entry.range.lowerBound..<dataStart + entry.range.upperBound, body)
    }

    private func load<Value: FixedWidthInteger>(_ entry: Entry, _: Value.Type) -> [Int64] {
        withBytes(of: entry) { bytes in
            let stride = MemoryLayout<Value>.size
            return (0..<bytes.count / stride).map {
                Int64(
                    truncatingIfNeeded: Value(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * stride, as: Value.self)))
            }
        }
    }
}
