import CSpanielKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a picture's samples are weighed when it is resized; Pillow's filters, byte for byte.
public enum ResizeFilter: String, Sendable, CaseIterable {
    case nearest, box, bilinear, bicubic, lanczos

    /// How far the filter reaches, in output pixels when shrinking.
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
        case .lanczos: return position >= -3 && position < 3 ? Self.sinc(position) * Self.sinc(position / 3) : 0
        }
    }

    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}

extension Picture {
    /// The picture at another size, with the same bytes as Pillow 13's `resize`.
    ///
    /// - Precondition: both sides of `size` are at least 1.
    public func resized(to size: Size, filter: ResizeFilter = .bilinear) -> Picture {
        let bytes = Resize.bytes(pixels, from: self.size, to: size, channels: 3, filter: filter)
        return Picture(rgb: bytes, width: size.width, height: size.height)
    }
}

/// Resizing of interleaved 8-bit samples.
package enum Resize {
    /// One pass along rows and one along columns, each rounded to 8 bits; a side that keeps its length has no pass.
    /// - Parameters:
    ///   - bytes: row-major, 1 or 3 channels.
    /// - Complexity: O(width · height of the input) for any output that is smaller.
    package static func bytes(_ bytes: [UInt8], from: Size, to: Size, channels: Int, filter: ResizeFilter) -> [UInt8] {
        precondition(channels == 1 || channels == 3, "Resize: \(channels) channels")
        precondition(from.width > 0 && from.height > 0, "Resize: from \(from.width) x \(from.height)")
        precondition(to.width > 0 && to.height > 0, "Resize: to \(to.width) x \(to.height)")
        precondition(bytes.count == from.width * from.height * channels, "Resize: \(bytes.count) bytes for \(from) of \(channels)")
        if from == to { return bytes }
        if filter == .nearest { return nearest(bytes, from: from, to: to, channels: channels) }
        if columnsComeFirst(from: from, to: to) {
            let low = Size(width: from.width, height: to.height)
            return across(
                down(bytes, from: from.height, to: low, channels: channels, filter: filter), from: low, to: to.width, channels: channels,
                filter: filter)
        }
        let narrow = across(bytes, from: from, to: to.width, channels: channels, filter: filter)
        return down(narrow, from: from.height, to: to, channels: channels, filter: filter)
    }

    /// Since version 13 Pillow squeezes columns first when the height loses more than twice the pixels the width does. The two
    /// orders differ by the rounding between them.
    static func columnsComeFirst(from: Size, to: Size) -> Bool {
        let lost = from.height - to.height
        return lost > 0 && lost > 2 * (from.width - to.width)
    }

    private static func across(_ bytes: [UInt8], from: Size, to width: Int, channels: Int, filter: ResizeFilter) -> [UInt8] {
        if from.width == width { return bytes }
        let windows = Windows(from: from.width, to: width, filter: filter)
        let total = width * from.height * channels
        return [UInt8](unsafeUninitializedCapacity: total) { output, count in
            spaniel_resize_across(
                bytes, from.width * channels, from.height, Int32(channels), windows.first, windows.count, windows.weights, windows.taps,
                width, output.baseAddress)
            count = total
        }
    }

    private static func down(_ bytes: [UInt8], from height: Int, to: Size, channels: Int, filter: ResizeFilter) -> [UInt8] {
        if height == to.height { return bytes }
        let windows = Windows(from: height, to: to.height, filter: filter)
        let row = to.width * channels
        return [UInt8](unsafeUninitializedCapacity: row * to.height) { output, count in
            spaniel_resize_down(bytes, row, windows.first, windows.count, windows.weights, windows.taps, to.height, output.baseAddress)
            count = row * to.height
        }
    }

    /// The input position of each output position. It is summed up step by step, not multiplied, because Pillow does that and the
    /// last bits differ.
    package static func nearestPositions(from: Int, to: Int) -> [Int] {
        let step = Double(from) / Double(to)
        var position = step * 0.5
        return (0..<to).map { _ in
            defer { position += step }
            return min(Int(position), from - 1)
        }
    }

    private static func nearest(_ bytes: [UInt8], from: Size, to: Size, channels: Int) -> [UInt8] {
        let columns = nearestPositions(from: from.width, to: to.width)
        let rows = nearestPositions(from: from.height, to: to.height)
        var output: [UInt8] = []
        output.reserveCapacity(to.width * to.height * channels)
        for row in rows {
            let start = row * from.width
            for column in columns {
                let pixel = (start + column) * channels
                for channel in 0..<channels { output.append(bytes[pixel + channel]) }
            }
        }
        return output
    }

    /// For each output position the input positions it sees and their weights in units of 2^-22.
    struct Windows {
        private(set) var first: [Int32]
        private(set) var count: [Int32]
        /// `taps` for each output position.
        private(set) var weights: [Int32]
        let taps: Int

        init(from: Int, to: Int, filter: ResizeFilter) {
            let scale = Double(from) / Double(to)
            let stretch = max(scale, 1)
            let support = filter.support * stretch
            taps = Int(support.rounded(.up)) * 2 + 1
            first = []
            count = []
            weights = [Int32](repeating: 0, count: to * taps)
            // Pillow multiplies by the inverse; dividing would differ in the last bit.
            let inverse = 1 / stretch
            var window: [Double] = []
            for output in 0..<to {
                let center = (Double(output) + 0.5) * scale
                let low = max(Int(center - support + 0.5), 0)
                let high = min(Int(center + support + 0.5), from)
                window.removeAll(keepingCapacity: true)
                for input in 0..<max(high - low, 0) { window.append(filter.weight((Double(input + low) - center + 0.5) * inverse)) }
                let sum = window.reduce(0, +)
                first.append(Int32(low))
                count.append(Int32(window.count))
                for (index, weight) in window.enumerated() {
                    let fixed = (sum != 0 ? weight / sum : weight) * Double(1 << 22)
                    weights[output * taps + index] = Int32(fixed < 0 ? fixed - 0.5 : fixed + 0.5)
                }
            }
        }
    }
}
