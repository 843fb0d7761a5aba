import SpanielImaging
import SpanielTestSupport

extension Mask {
    /// Speckle of a density of 0…8 eighths.
    static func speckle(_ size: Size, eighths: Int, _ random: inout Generator) -> Mask {
        var values = [Bool]()
        for _ in 0..<size.width * size.height {
            values.append(Int.random(in: 0..<8, using: &random) < eighths)
        }
        return Mask(width: size.width, height: size.height, values: values)
    }

    /// Blobs with holes, parts and diagonal touches: discs added and taken away, and a little speckle.
    static func blobs(_ size: Size, _ random: inout Generator) -> Mask {
        var mask = Mask(size: size)
        for i in 0..<Int.random(in: 1...9, using: &random) {
            let x = Int.random(in: -5..<size.width + 5, using: &random)
            let y = Int.random(in: -5..<size.height + 5, using: &random)
            let r = Int.random(in: 1...max(2, min(size.width, size.height) / 2), using: &random)
            let disc = Mask(width: size.width, height: size.height) { u, v in
                (u - x) * (u - x) + (v - y) * (v - y) <= r * r
            }
            if i % 3 == 2 { mask.subtract(disc) } else { mask.formUnion(disc) }
        }
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let x = Int.random(in: 0..<size.width, using: &random)
            let y = Int.random(in: 0..<size.height, using: &random)
            mask[x, y].toggle()
        }
        return mask
    }

    /// A mixed bag of masks of odd sizes around the word boundaries: empty, full, speckled, blobs.
    static func samples(count: Int, seed: UInt64, largest: Int = 150) -> [Mask] {
        var random = Generator(seed: seed)
        return (0..<count).map { i in
            let size = Size(
                width: .random(in: 1...largest, using: &random),
                height: .random(in: 1...largest, using: &random))
            return i % 2 == 0 ? speckle(size, eighths: i / 2 % 9, &random) : blobs(size, &random)
        }
    }

    /// Every pixel's value, row after row: what the bit tricks are checked against.
    var values: [Bool] { (0..<height).flatMap { y in (0..<width).map { self[$0, y] } } }
}
