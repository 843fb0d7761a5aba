package import SpanielImaging

/// Label Studio's brush strokes: thi.ng's rle-pack of a picture's RGBA bytes, one mask value in all four
/// channels.
///
/// Bits from the highest: 32 for the number of values, 5 for a value's bits less one, four times 4 for the
/// sizes of a length less one; then runs: one bit whether a single value repeats, two bits for which size,
/// the length less one, the value or the values.
package enum BrushRLE {
    /// Why bytes are no mask of a size.
    package enum Problem: Error, Equatable {
        case size(found: Int, expected: Int)
        case cutOff
        case tooLong
    }

    /// The pixels whose fourth channel is above zero.
    package static func decode(_ bytes: [UInt8], size: Size) throws(Problem) -> Mask {
        var bits = Bits(bytes: bytes)
        let count = try bits.read(32)
        let expected = 4 * size.width * size.height
        guard count == expected else { throw .size(found: count, expected: expected) }
        let wordSize = try bits.read(5) + 1
        var sizes: [Int] = []
        for _ in 0..<4 { sizes.append(try bits.read(4) + 1) }
        var mask = Mask(size: size)
        var value = 0
        while value < count {
            let repeats = try bits.read(1) == 1
            let end = value + 1 + (try bits.read(sizes[bits.read(2)]))
            guard end <= count else { throw .tooLong }
            if repeats {
                // Channel three of pixel p is value 4p + 3.
                if try bits.read(wordSize) != 0 { mask.set(value / 4..<end / 4, inRowsOf: size.width) }
            } else {
                for index in value..<end where try bits.read(wordSize) != 0 && index % 4 == 3 {
                    mask[index / 4 % size.width, index / 4 / size.width] = true
                }
            }
            value = end
        }
        return mask
    }

    package static func encode(_ mask: Mask) -> [UInt8] {
        let sizes = [3, 4, 8, 16]
        var bits = Bits(bytes: [])
        bits.write(4 * mask.width * mask.height, 32)
        bits.write(7, 5)
        for size in sizes { bits.write(size - 1, 4) }
        func write(_ pixels: Int, _ value: Int) {
            var rest = 4 * pixels
            while rest > 0 {
                let which = sizes.firstIndex { rest <= 1 << $0 } ?? 3
                let length = min(rest, 1 << sizes[which])
                bits.write(1, 1)
                bits.write(which, 2)
                bits.write(length - 1, sizes[which])
                bits.write(value, 8)
                rest -= length
            }
        }
        var end = 0
        var open = 0..<0
        for y in 0..<mask.height {
            mask.forEachRun(inRow: y) { run in
                let run = y * mask.width + run.lowerBound..<y * mask.width + run.upperBound
                if run.lowerBound == open.upperBound, !open.isEmpty {
                    open = open.lowerBound..<run.upperBound
                } else {
                    write(open.lowerBound - end, 0)
                    write(open.count, 255)
                    end = open.upperBound
                    open = run
                }
            }
        }
        write(open.isEmpty ? 0 : open.lowerBound - end, 0)
        write(open.count, 255)
        write(mask.width * mask.height - max(end, open.upperBound), 0)
        return bits.bytes
    }

    /// A stream of bits, the highest of a byte first.
    private struct Bits {
        var bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func read(_ count: Int) throws(Problem) -> Int {
            guard count <= 8 * bytes.count - position else { throw .cutOff }
            var value = 0
            for _ in 0..<count {
                value = value << 1 | Int(bytes[position >> 3] >> UInt8(7 - position & 7) & 1)
                position += 1
            }
            return value
        }

        mutating func write(_ value: Int, _ count: Int) {
            for bit in stride(from: count - 1, through: 0, by: -1) {
                if position & 7 == 0 { bytes.append(0) }
                bytes[position >> 3] |= UInt8(value >> bit & 1) << UInt8(7 - position & 7)
                position += 1
            }
        }
    }
}
