import SpanielFiles
import SpanielJSON
public import SpanielPlatform

extension Safetensors {
    /// The values and the shape of a tensor to be written.
    public enum Values: Sendable {
        /// Is written as F32.
        case float32(Tensor)
        /// Is written as I64; the values, row-major, fill the shape.
        case int64([Int64], Tensor.Shape)
        /// Is written as U8; the values, row-major, fill the shape.
        case uint8([UInt8], Tensor.Shape)
        /// Is written as BOOL; the values, row-major, fill the shape.
        case bool([Bool], Tensor.Shape)
    }

    /// Writes tensors as F32, the whole file or nothing.
    ///
    /// - Throws: `WeightsError.file` if it cannot be written, `.index` if a name is given twice.
    public static func write(_ tensors: [(String, Tensor)], metadata: [String: String] = [:], to url: URL)
        throws(WeightsError)
    {
        try write(tensors.map { ($0.0, Values.float32($0.1)) }, metadata: metadata, to: url)
    }

    /// Writes tensors of several types, the whole file or nothing.
    ///
    /// - Throws: `WeightsError.file` if it cannot be written, `.index` if a name is given twice.
    public static func write(_ tensors: [(String, Values)], metadata: [String: String] = [:], to url: URL)
        throws(WeightsError)
    {
        try write(tensors, metadata: metadata, alignment: 8, to: url)
    }

    /// - Parameter alignment: of the data's begin, in bytes.
    static func write(_ tensors: [(String, Values)], metadata: [String: String], alignment: Int, to url: URL)
        throws(WeightsError)
    {
        let layout = try Layout(
            tensors, metadata: metadata, alignment: alignment, file: url.path(percentEncoded: false))
        do {
            let file = try AtomicFile(replacing: url)
            try layout.forEachPart { try file.append($0.bytes) }
            try file.commit()
        } catch let error as FileError { throw .file(error) } catch { preconditionFailure("\(error)") }
    }

    /// Returns the SHA-256 of the file that `write` would make.
    static func sha256(_ tensors: [(String, Tensor)]) throws(WeightsError) -> String {
        let layout = try Layout(tensors.map { ($0.0, Values.float32($0.1)) }, metadata: [:], file: "")
        var hash = SHA256()
        layout.forEachPart { hash.update($0) }
        return hash.hexadecimal()
    }
}

extension Safetensors.Values {
    var type: Safetensors.ElementType {
        switch self {
        case .float32: .float32
        case .int64: .int64
        case .uint8: .uint8
        case .bool: .bool
        }
    }

    var shape: Tensor.Shape {
        switch self {
        case .float32(let tensor): tensor.shape
        case .int64(let values, let shape): checked(shape, values.count)
        case .uint8(let values, let shape): checked(shape, values.count)
        case .bool(let values, let shape): checked(shape, values.count)
        }
    }

    private func checked(_ shape: Tensor.Shape, _ count: Int) -> Tensor.Shape {
        precondition(shape.elementCount == count, "\(count) values do not fill \(shape)")
        return shape
    }

    /// Calls `body` with the values as the file holds them: little-endian, row-major.
    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        switch self {
        case .float32(let tensor): try tensor.withValues { try body(UnsafeRawBufferPointer($0)) }
        case .int64(let values, _): try values.withUnsafeBytes(body)
        case .uint8(let values, _): try values.withUnsafeBytes(body)
        case .bool(let values, _): try values.map { $0 ? 1 : 0 as UInt8 }.withUnsafeBytes(body)
        }
    }
}

/// The header and the ordered tensors of a file to be written.
private struct Layout {
    private let header: SafetensorsLayout
    private let tensors: [(String, Safetensors.Values)]

    init(
        _ tensors: [(String, Safetensors.Values)], metadata: [String: String], alignment: Int = 8,
        file: String
    ) throws(WeightsError) {
        self.tensors = tensors
        header = try SafetensorsLayout(
            tensors.map { ($0.0, $0.1.type, $0.1.shape.extents) }, metadata: metadata, alignment: alignment,
            file: file)
    }

    func forEachPart(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try header.bytes.withUnsafeBytes(body)
        for i in header.order { try tensors[i].1.withBytes(body) }
    }
}

/// The header of a file to be written, and the order of its tensors.
struct SafetensorsLayout {
    /// The first bytes of the file.
    let bytes: [UInt8]
    /// The numbers of the tensors as they were given, in the order of their data.
    let order: [Int]

    /// Lays a file out as the reference does: larger elements come first, then names by their bytes, and
    /// spaces fill the header to eight bytes, so that all data is aligned to its elements.
    /// - Parameter alignment: of the data's begin, in bytes.
    init(
        _ tensors: [(name: String, type: Safetensors.ElementType, shape: [Int])], metadata: [String: String],
        alignment: Int = 8, file: String
    ) throws(WeightsError) {
        order = tensors.indices.sorted { i, j in
            let (a, b) = (tensors[i], tensors[j])
            return a.type != b.type ? a.type > b.type : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        }
        var fields = JSON.Object()
        if !metadata.isEmpty {
            let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            fields["__metadata__"] = .object(JSON.Object(sorted.map { ($0.key, JSON($0.value)) }))
        }
        var end = 0
        for i in order {
            let (name, type, shape) = tensors[i]
            let begin = end
            end += shape.reduce(1, *) * type.bits / 8
            let entry: JSON = [
                "dtype": JSON(type.rawValue), "shape": JSON(shape.map { JSON($0) }),
                "data_offsets": [JSON(begin), JSON(end)],
            ]
            guard name != "__metadata__", fields.append(name, entry) else {
                throw .index(
                    file: file, expected: "each tensor once", found: "\(WeightsError.printable(name)) twice")
            }
        }
        var text = JSON.object(fields).bytes()
        text += [UInt8](
            repeating: UInt8(ascii: " "), count: (2 * alignment - 8 - text.count % alignment) % alignment)
        let count = UInt64(text.count)
        bytes = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + text
    }
}
