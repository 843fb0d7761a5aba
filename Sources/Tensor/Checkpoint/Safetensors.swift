import CSpanielKernels
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
    private static func otherFormat(_ start: [UInt8]) -> String? {
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
        let widen: (UnsafeMutablePointer<Float>, UnsafeRawPointer, Int) -> Void
        switch entry.type {
        case .float32:
            widen = { target, source, count in
                UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: 4 * count)
            }
        case .float16: widen = { spaniel_widen_f16($0, $1, $2) }
        case .bfloat16: widen = { spaniel_widen_bf16($0, $1, $2) }
        case .float64: widen = { spaniel_narrow_f64($0, $1, $2) }
        default:
            throw .type(
                model: path, tensor: entry.name, expected: "F32, F16, BF16 or F64", found: entry.type.rawValue
            )
        }
        let tensor = withBytes(of: entry) { source in
            Tensor(uninitialized: Tensor.Shape(entry.shape)) { target in
                guard let source = source.baseAddress, let base = target.baseAddress else { return }
                Parallel.blocks(of: target.count, 1 << 18) { block in
                    widen(
                        base + block.lowerBound, source + entry.type.bits / 8 * block.lowerBound, block.count)
                }
            }
        }
        release(entry)
        return tensor
    }

    /// Borrows the values straight from the mapped file if it stores Float32; otherwise returns a widened
    /// copy. Meant for values read once, such as a weight about to be packed: the pages are released with the
    /// last reference.
    func borrowed(_ entry: Entry) throws(WeightsError) -> Tensor {
        let values = entry.type == .float32 ? withBytes(of: entry) { $0.baseAddress } : nil
        guard let values, Int(bitPattern: values) % MemoryLayout<Float>.alignment == 0 else {
            return try tensor(entry)
        }
        let shape = Tensor.Shape(entry.shape)
        let floats = values.assumingMemoryBound(to: Float.self)
        let storage = Storage(borrowing: floats, count: shape.elementCount) { [self] in release(entry) }
        return Tensor(shape: shape, storage: storage, offset: 0)
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

    /// Releases the pages of a tensor that has been read, so that a model is not in memory twice.
    private func release(_ entry: Entry) {
        file.release(dataStart + entry.range.lowerBound..<dataStart + entry.range.upperBound)
    }
}
