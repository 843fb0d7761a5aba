import CSpanielKernels
import SpanielPlatform

/// The filter that weighs a picture's samples when it is resized; each is Pillow's, byte for byte.
public enum ResizeFilter: String, Sendable, CaseIterable {
    /// Takes the sample at the centre.
    case nearest
    /// Takes the mean of the samples that a pixel covers.
    case box
    /// Weighs by a triangle of half width 1.
    case bilinear
    /// Weighs by Keys' cubic with a = -0.5.
    case bicubic
    /// Weighs by a windowed sinc of half width 3.
    case lanczos

    /// The filters in the order of Pillow's numbers, from 0 on.
    private static let byPillow: [ResizeFilter] = [.nearest, .lanczos, .bilinear, .bicubic, .box]

    package static var pillowNumbers: ClosedRange<Int> { 0...byPillow.count - 1 }

    /// - Parameter number: a number in `pillowNumbers`.
    package init(pillow number: Int) { self = Self.byPillow[number] }

    package var pillow: Int { Self.byPillow.firstIndex(of: self) ?? 0 }

    /// The half width of the filter, in output pixels when shrinking.
    var support: Double {
        switch self {
        case .nearest, .box: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    func weight(_ position: Double) -> Double {
        let x = abs(position)
        switch self {
        case .nearest, .box: return position > -0.5 && position <= 0.5 ? 1 : 0
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        case .lanczos:
            return position >= -3 && position < 3 ? Self.sinc(position) * Self.sinc(position / 3) : 0
        }
    }

    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}

extension Picture {
    /// The picture at another size, with the same bytes as Pillow 13's `resize`.
    ///
    ///     let small = picture.resized(to: Size(width: 64, height: 48), filter: .lanczos)
    ///     print(small.width, small.height)  // 64 48
    ///
    /// - Parameters:
    ///   - size: in pixels; the proportions may change.
    ///   - filter: Pillow's filter. Default: bilinear.
    /// - Precondition: both sides of `size` are at least 1.
    public func resized(to size: Size, filter: ResizeFilter = .bilinear) -> Picture {
        let bytes = Resize.bytes(pixels, from: self.size, to: size, channels: 3, filter: filter)
        return Picture(rgb: bytes, width: size.width, height: size.height)
    }

    /// A part of the picture at another size; only that part is computed.
    ///
    /// - Parameters:
    ///   - columns: columns of the resized picture, at least one.
    ///   - rows: rows of the resized picture, at least one.
    package func resized(to size: Size, filter: ResizeFilter, columns: Range<Int>, rows: Range<Int>)
        -> Picture
    {
        let bytes = Resize.bytes(
            pixels, from: self.size, to: size, channels: 3, filter: filter, columns: columns, rows: rows)
        return Picture(rgb: bytes, width: columns.count, height: rows.count)
    }
}

/// Resizes interleaved 8-bit samples.
///
/// It is our own because models were trained on Pillow's bytes, and those of libvips and ImageMagick differ.
package enum Resize {
    /// Makes one pass along rows and one along columns, each rounded to 8 bits; a side that keeps its length
    /// has no pass.
    /// - Parameters:
    ///   - bytes: row after row, 1 or 3 channels.
    ///   - columns: the wanted columns of the output; nil means all.
    ///   - rows: the wanted rows of the output; nil means all.
    /// - Complexity: O(width · height of the input) for any output that is smaller.
    package static func bytes(
        _ bytes: [UInt8], from: Size, to: Size, channels: Int, filter: ResizeFilter,
        columns: Range<Int>? = nil, rows: Range<Int>? = nil
    ) -> [UInt8] {
        let columns = columns ?? 0..<to.width
        let rows = rows ?? 0..<to.height
        precondition(channels == 1 || channels == 3, "Resize: \(channels) channels")
        precondition(from.width > 0 && from.height > 0, "Resize: from \(from.width) x \(from.height)")
        precondition(to.width > 0 && to.height > 0, "Resize: to \(to.width) x \(to.height)")
        precondition(
            bytes.count == from.width * from.height * channels,
            "Resize: \(bytes.count) bytes for \(from) of \(channels)")
        precondition(
            columns.lowerBound >= 0 && columns.upperBound <= to.width, "Resize: columns \(columns) of \(to)")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= to.height, "Resize: rows \(rows) of \(to)")
        if filter == .nearest {
            return nearest(bytes, from: from, to: to, channels: channels, columns: columns, rows: rows)
        }
        if columnsComeFirst(from: from, to: to) {
            let low = down(
                bytes, width: from.width, from: from.height, to: to.height, rows, channels: channels,
                filter: filter)
            return across(
                low, height: rows.count, from: from.width, to: to.width, columns, channels: channels,
                filter: filter)
        }
        let narrow = across(
            bytes, height: from.height, from: from.width, to: to.width, columns, channels: channels,
            filter: filter)
        return down(
            narrow, width: columns.count, from: from.height, to: to.height, rows, channels: channels,
            filter: filter)
    }

    /// Since version 13 Pillow shrinks columns first if the height loses more than twice the pixels that the
    /// width loses; the two orders differ by the rounding between them.
    static func columnsComeFirst(from: Size, to: Size) -> Bool {
        let lost = from.height - to.height
        return lost > 0 && lost > 2 * (from.width - to.width)
    }

    /// Computes some columns of the pass along rows.
    private static func across(
        _ bytes: [UInt8], height: Int, from: Int, to: Int, _ columns: Range<Int>, channels: Int,
        filter: ResizeFilter
    ) -> [UInt8] {
        if from == to {
            return picked(bytes, width: from, channels: channels, columns: columns, rows: 0..<height)
        }
        let windows = Windows(from: from, to: to, filter: filter, columns)
        let total = columns.count * height * channels
        return [UInt8](unsafeUninitializedCapacity: total) { output, count in
            spaniel_resize_across(
                bytes, from * channels, height, Int32(channels), windows.first, windows.count,
                windows.weights, windows.taps,
                columns.count, output.baseAddress)
            count = total
        }
    }

    /// Computes some rows of the pass along columns.
    private static func down(
        _ bytes: [UInt8], width: Int, from: Int, to: Int, _ rows: Range<Int>, channels: Int,
        filter: ResizeFilter
    ) -> [UInt8] {
        if from == to {
            return picked(bytes, width: width, channels: channels, columns: 0..<width, rows: rows)
        }
        let windows = Windows(from: from, to: to, filter: filter, rows)
        let row = width * channels
        return [UInt8](unsafeUninitializedCapacity: row * rows.count) { output, count in
            spaniel_resize_down(
                bytes, row, windows.first, windows.count, windows.weights, windows.taps, rows.count,
                output.baseAddress)
            count = row * rows.count
        }
    }

    private static func picked(
        _ bytes: [UInt8], width: Int, channels: Int, columns: Range<Int>, rows: Range<Int>
    ) -> [UInt8] {
        if columns.count * rows.count * channels == bytes.count { return bytes }
        return rows.flatMap {
            bytes[($0 * width + columns.lowerBound) * channels..<($0 * width + columns.upperBound) * channels]
        }
    }

    /// The input position of each output position; it is added up step by step and not multiplied, because
    /// Pillow does that and the last bits differ.
    package static func nearestPositions(from: Int, to: Int, _ wanted: Range<Int>? = nil) -> [Int] {
        let wanted = wanted ?? 0..<to
        let step = Double(from) / Double(to)
        var position = step * 0.5
        for _ in 0..<wanted.lowerBound { position += step }
        return wanted.map { _ in
            defer { position += step }
            return min(Int(position), from - 1)
        }
    }

    private static func nearest(
        _ bytes: [UInt8], from: Size, to: Size, channels: Int, columns: Range<Int>, rows: Range<Int>
    ) -> [UInt8] {
        let columns = nearestPositions(from: from.width, to: to.width, columns)
        let rows = nearestPositions(from: from.height, to: to.height, rows)
        var output: [UInt8] = []
        output.reserveCapacity(columns.count * rows.count * channels)
        for row in rows {
            let start = row * from.width
            for column in columns {
                let pixel = (start + column) * channels
                for channel in 0..<channels { output.append(bytes[pixel + channel]) }
            }
        }
        return output
    }

    /// The input positions that each output position reads, and their weights in units of 2^-22.
    struct Windows {
        private(set) var first: [Int32]
        private(set) var count: [Int32]
        /// The weights, `taps` of them for each output position.
        private(set) var weights: [Int32]
        let taps: Int

        /// - Parameter wanted: output positions; nil means all.
        init(from: Int, to: Int, filter: ResizeFilter, _ wanted: Range<Int>? = nil) {
            let wanted = wanted ?? 0..<to
            let scale = Double(from) / Double(to)
            let stretch = max(scale, 1)
            let support = filter.support * stretch
            taps = Int(support.rounded(.up)) * 2 + 1
            first = []
            count = []
            weights = [Int32](repeating: 0, count: wanted.count * taps)
            // Pillow multiplies by the inverse; a division would differ in the last bit.
            let inverse = 1 / stretch
            var window: [Double] = []
            for output in wanted {
                let center = (Double(output) + 0.5) * scale
                let low = max(Int(center - support + 0.5), 0)
                let high = min(Int(center + support + 0.5), from)
                window.removeAll(keepingCapacity: true)
                for input in 0..<max(high - low, 0) {
                    window.append(filter.weight((Double(input + low) - center + 0.5) * inverse))
                }
                let sum = window.reduce(0, +)
                first.append(Int32(low))
                count.append(Int32(window.count))
                for (index, weight) in window.enumerated() {
                    let fixed = (sum != 0 ? weight / sum : weight) * Double(1 << 22)
                    weights[(output - wanted.lowerBound) * taps + index] = Int32(
                        fixed < 0 ? fixed - 0.5 : fixed + 0.5)
                }
            }
        }
    }
}
