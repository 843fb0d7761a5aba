package import OWLViT
package import SpanielImaging
import Tensor

/// What ranking needs of one encoded picture, in half of its memory: the directions of its N patches as whole
/// numbers, which moves a similarity by less than 0.00005.
package struct CompactPatches: Sendable, Equatable {
    package let size: Size
    package let count: Int
    package let channels: Int
    /// The directions · `steps`, [N, D].
    let values: [Int16]
    /// How long one step is, for each patch.
    let steps: [Float]
    /// The numbers added to similarities, and those that multiply the sums, for each patch.
    let shifts: [Float]
    let scales: [Float]
    /// The boxes that the patches predict, in pixels of the picture; they may reach beyond it.
    let boxes: [SIMD4<Float>]

    /// - Parameter encoding: of the whole picture; tiles are not taken over.
    package init(_ encoding: OWLViT.Encoding) {
        let view = encoding.views[0]
        let directions = view.patches.directions
        size = encoding.size
        count = directions.shape[0]
        channels = directions.shape[1]
        (values, steps) = Self.rounded(directions.array, rows: directions.shape[0])
        shifts = view.patches.shifts.array
        scales = view.patches.scales.array
        boxes = view.boxes.map { SIMD4(Float($0.x1), Float($0.y1), Float($0.x2), Float($0.y2)) }
    }

    /// Rounds each row to 16 bits by its largest number.
    static func rounded(_ numbers: [Float], rows: Int) -> (values: [Int16], steps: [Float]) {
        let width = numbers.count / max(1, rows)
        var values = [Int16](repeating: 0, count: numbers.count)
        var steps = [Float](repeating: 0, count: rows)
        for row in 0..<rows {
            let place = row * width
            var most: Float = 0
            for i in place..<place + width { most = max(most, abs(numbers[i])) }
            guard most > 0, most.isFinite else { continue }
            steps[row] = most / 32767
            let inverse = 32767 / most
            for i in place..<place + width { values[i] = Int16((numbers[i] * inverse).rounded()) }
        }
        return (values, steps)
    }

    /// The product of each row with a vector, [N].
    static func products(_ values: [Int16], _ steps: [Float], _ vector: [Float]) -> [Float] {
        let width = vector.count
        return values.withUnsafeBufferPointer { values in
            vector.withUnsafeBufferPointer { vector in
                steps.indices.map { row in
                    let place = row * width
                    var sums = SIMD8<Float>.zero
                    let whole = width & ~7
                    for i in stride(from: 0, to: whole, by: 8) {
                        for lane in 0..<8 { sums[lane] += Float(values[place + i + lane]) * vector[i + lane] }
                    }
                    var sum = sums.sum()
                    for i in whole..<width { sum += Float(values[place + i]) * vector[i] }
                    return sum * steps[row]
                }
            }
        }
    }

    /// The cosine of each patch with a vector of length one, [N].
    package func similarities(to vector: [Float]) -> [Float] { Self.products(values, steps, vector) }

    package func box(_ patch: Int) -> Box {
        let box = boxes[patch]
        return Box(x1: Double(box.x), y1: Double(box.y), x2: Double(box.z), y2: Double(box.w))
    }
}

extension CompactPatches {
    private static let magic: [UInt8] = Array("SpP1".utf8)

    /// As the cache keeps it.
    package var bytes: [UInt8] {
        var bytes = Self.magic
        for number in [size.width, size.height, count, channels] { bytes.append(number) }
        bytes.append(contentsOf: values)
        for list in [steps, shifts, scales] { bytes.append(contentsOf: list) }
        bytes.append(contentsOf: boxes)
        return bytes
    }

    /// nil if the bytes are no such thing.
    package init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard reader.take(4).map(Array.init) == Self.magic, let width = reader.int(),
            let height = reader.int(),
            let count = reader.int(), let channels = reader.int(), (1...1 << 20).contains(width),
            (1...1 << 20).contains(height), (1...1 << 16).contains(count), (1...1 << 14).contains(channels),
            let values: [Int16] = reader.list(count * channels), let steps: [Float] = reader.list(count),
            let shifts: [Float] = reader.list(count), let scales: [Float] = reader.list(count),
            let boxes: [SIMD4<Float>] = reader.list(count), reader.isAtEnd
        else { return nil }
        size = Size(width: width, height: height)
        (self.count, self.channels, self.values, self.steps) = (count, channels, values, steps)
        (self.shifts, self.scales, self.boxes) = (shifts, scales, boxes)
    }
}

/// The features that a linear head reads, of one encoded picture, in half of their memory.
struct CompactFeatures: Sendable {
    let count: Int
    let channels: Int
    private let values: [Int16]
    private let steps: [Float]

    init(_ encoding: OWLViT.Encoding) {
        let features = encoding.views[0].patches.features
        (count, channels) = (features.shape[0], features.shape[1])
        (values, steps) = CompactPatches.rounded(features.array, rows: features.shape[0])
    }

    /// The logit of each patch, [N].
    func logits(_ weights: [Float], bias: Float) -> [Float] {
        CompactPatches.products(values, steps, weights).map { $0 + bias }
    }

    /// The features of one patch.
    func row(_ patch: Int) -> [Float] {
        (0..<channels).map { Float(values[patch * channels + $0]) * steps[patch] }
    }

    private static let magic: [UInt8] = Array("SpF1".utf8)

    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(count)
        bytes.append(channels)
        bytes.append(contentsOf: values)
        bytes.append(contentsOf: steps)
        return bytes
    }

    init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard reader.take(4).map(Array.init) == Self.magic, let count = reader.int(),
            let channels = reader.int(), (1...1 << 16).contains(count), (1...1 << 14).contains(channels),
            let values: [Int16] = reader.list(count * channels), let steps: [Float] = reader.list(count),
            reader.isAtEnd
        else { return nil }
        (self.count, self.channels, self.values, self.steps) = (count, channels, values, steps)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: Int) {
        for shift in stride(from: 0, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    fileprivate mutating func append<Number>(contentsOf numbers: [Number]) {
        numbers.withUnsafeBytes { append(contentsOf: $0) }
    }
}

/// Reads numbers that this machine wrote.
private struct ByteReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.count - place else { return nil }
        defer { place += count }
        return bytes[place..<place + count]
    }

    mutating func int() -> Int? {
        take(4).map { $0.reversed().reduce(0) { $0 << 8 | Int($1) } }
    }

    mutating func list<Number: BitwiseCopyable>(_ count: Int) -> [Number]? {
        guard let part = take(count * MemoryLayout<Number>.stride) else { return nil }
        return part.withUnsafeBytes { source in
            [Number](unsafeUninitializedCapacity: count) { target, filled in
                UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
                filled = count
            }
        }
    }
}
