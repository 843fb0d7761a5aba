import CSpanielKernels
import SpanielFiles
import Synchronization

/// A tensor where it lies in a mapped file: the place of its first number, and how far apart the numbers of
/// each axis are. Slices and transposed ones are views of the same bytes.
package struct StoredTensor: Sendable {
    let file: MappedFile
    package let type: Safetensors.ElementType
    /// The place of the first number in the file, in bytes.
    let start: Int
    package let shape: [Int]
    /// The distance between neighbours of each axis, in numbers.
    let strides: [Int]
    /// What the bytes must sum up to; nil where the format has no checksum.
    let checksum: StoredChecksum?

    /// - Precondition: all of it lies inside the file.
    init(
        _ file: MappedFile, _ type: Safetensors.ElementType, start: Int, shape: [Int], strides: [Int]? = nil,
        checksum: StoredChecksum? = nil
    ) {
        (self.file, self.type, self.start, self.shape) = (file, type, start, shape)
        self.strides = strides ?? Self.rowMajor(shape)
        self.checksum = checksum
    }

    package var count: Int { shape.reduce(1, *) }

    /// Whether the numbers lie one after the other in row-major order.
    var isContiguous: Bool {
        count == 0 || zip(zip(shape, strides), Self.rowMajor(shape)).allSatisfy { $0.0 == 1 || $0.1 == $1 }
    }

    private static func rowMajor(_ shape: [Int]) -> [Int] {
        var strides = shape
        var step = 1
        for axis in shape.indices.reversed() {
            strides[axis] = step
            step = step &* max(shape[axis], 1)  // beyond any memory only in a tensor without numbers
        }
        return strides
    }

    // MARK: Views

    /// Some of the outermost axis.
    /// - Precondition: the range lies inside it.
    func rows(_ range: Range<Int>) -> StoredTensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= shape[0], "rows \(range) of \(shape)")
        let skipped = count == 0 ? 0 : range.lowerBound * strides[0] * (type.bits / 8)
        return StoredTensor(
            file, type, start: start + skipped,
            shape: [range.count] + shape.dropFirst(), strides: strides, checksum: checksum)
    }

    /// A matrix with its axes exchanged.
    func transposed() -> StoredTensor {
        StoredTensor(
            file, type, start: start, shape: shape.reversed(), strides: strides.reversed(),
            checksum: checksum)
    }

    // MARK: Values

    /// Reads the values as Float32: F16 and BF16 exactly, F64 rounded.
    /// - Parameters:
    ///   - model: the file's name in messages.
    /// - Throws: `WeightsError.type` for any other type, `.checkpoint` for a wrong checksum.
    func tensor(_ name: String, model: String) throws(WeightsError) -> Tensor {
        let widen = try widening(name, model)
        try checksum?.verify()
        let size = type.bits / 8
        let tensor = withRowMajorBytes { source in
            Tensor(uninitialized: Tensor.Shape(shape)) { target in
                guard let source = source.baseAddress, let base = target.baseAddress else { return }
                Parallel.blocks(of: target.count, 1 << 18) { block in
                    widen(base + block.lowerBound, source + size * block.lowerBound, block.count)
                }
            }
        }
        release()
        return tensor
    }

    /// Borrows the values straight from the mapped file if it stores Float32 in order; otherwise returns a
    /// widened copy. The pages are released with the last reference.
    func borrowed(_ name: String, model: String) throws(WeightsError) -> Tensor {
        let isPlain = type == .float32 && isContiguous && count > 0
        let values = isPlain ? file.withBytes(start..<start + 4 * count) { $0.baseAddress } : nil
        guard let values, Int(bitPattern: values) % MemoryLayout<Float>.alignment == 0 else {
            return try tensor(name, model: model)
        }
        try checksum?.verify()
        let floats = values.assumingMemoryBound(to: Float.self)
        let storage = Storage(borrowing: floats, count: count) { [self] in release() }
        return Tensor(shape: Tensor.Shape(shape), storage: storage, offset: 0)
    }

    private func widening(_ name: String, _ model: String) throws(WeightsError) -> (
        UnsafeMutablePointer<Float>, UnsafeRawPointer, Int
    ) -> Void {
        switch type {
        case .float32:
            { UnsafeMutableRawPointer($0).copyMemory(from: $1, byteCount: 4 * $2) }
        case .float16: { spaniel_widen_f16($0, $1, $2) }
        case .bfloat16: { spaniel_widen_bf16($0, $1, $2) }
        case .float64: { spaniel_narrow_f64($0, $1, $2) }
        default:
            throw .type(
                model: model, tensor: name, expected: "F32, F16, BF16 or F64", found: type.rawValue)
        }
    }

    /// Calls `body` with the bytes in row-major order, which are valid only during the call.
    func withRowMajorBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let size = type.bits / 8
        guard !isContiguous else { return try file.withBytes(start..<start + size * count, body) }
        let bytes = gathered(size)
        var result: Result<R, E>?
        bytes.withUnsafeBytes { buffer in
            do throws(E) { result = .success(try body(buffer)) } catch { result = .failure(error) }
        }
        guard let result else { preconditionFailure("withUnsafeBytes calls its body") }
        return try result.get()
    }

    /// The bytes of each number in row-major order; there are never more than in the storage.
    private func gathered(_ size: Int) -> [UInt8] {
        let reach = zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
        let (inner, step) = (shape.last ?? 1, strides.last ?? 1)
        return file.withBytes(start..<start + size * reach) { source in
            [UInt8](unsafeUninitializedCapacity: size * count) { target, filled in
                var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
                var row = 0
                repeat {
                    for i in 0..<inner {
                        for byte in 0..<size {
                            target[filled + byte] = source[(row + i * step) * size + byte]
                        }
                        filled += size
                    }
                    row = Self.next(&index, shape, strides, row)
                } while row >= 0
            }
        }
    }

    /// Goes on to the next row; negative after the last.
    private static func next(_ index: inout [Int], _ shape: [Int], _ strides: [Int], _ row: Int) -> Int {
        var row = row
        for axis in index.indices.reversed() {
            index[axis] += 1
            row &+= strides[axis]  // that of an axis of one may be anything
            if index[axis] < shape[axis] { return row }
            row &-= shape[axis] &* strides[axis]
            index[axis] = 0
        }
        return -1
    }

    /// Releases the pages that have been read, so that a model is not in memory twice.
    func release() {
        if isContiguous { file.release(start..<start + type.bits / 8 * count) }
    }
}

/// The checksum of a range of a file, which is compared when the first of its tensors is read.
final class StoredChecksum: Sendable {
    private let file: MappedFile
    private let name: String
    private let range: Range<Int>
    private let expected: UInt32
    private let isRight = Mutex<Bool?>(nil)

    init(_ file: MappedFile, _ name: String, _ range: Range<Int>, _ expected: UInt32) {
        (self.file, self.name, self.range, self.expected) = (file, name, range, expected)
    }

    /// - Throws: `WeightsError.checkpoint` if the bytes are not those that were written.
    func verify() throws(WeightsError) {
        let isRight = isRight.withLock { isRight in
            if let isRight { return isRight }
            let computed = file.withBytes(range) { CRC32.checksum($0) } == expected
            isRight = computed
            return computed
        }
        guard isRight else {
            throw .checkpoint(
                file: file.path, expected: "\(WeightsError.printable(name)) as it was written",
                found: "another checksum (is the file damaged? fetch it again)")
        }
    }
}
