extension Mask {
    /// Exchanges columns and rows: pixel x, y goes to y, x. Blocks of 64×64 bits are turned at a time, and
    /// empty ones are skipped.
    package func transposed() -> Mask {
        var result = Mask(width: height, height: width)
        var block = [UInt64](repeating: 0, count: 64)
        for top in stride(from: 0, to: height, by: 64) {
            let rows = min(64, height - top)
            for i in 0..<wordsPerRow {
                var any: UInt64 = 0
                for row in 0..<rows {
                    block[row] = words[(top + row) * wordsPerRow + i]
                    any |= block[row]
                }
                guard any != 0 else { continue }
                for row in rows..<64 { block[row] = 0 }
                Self.transpose(&block)
                for column in 0..<min(64, width - i * 64) {
                    result.words[(i * 64 + column) * result.wordsPerRow + top / 64] = block[column]
                }
            }
        }
        return result
    }

    /// Turns 64×64 bits by exchanging halves, then quarters, and so on (Hacker's Delight, 7-3, the lowest bit
    /// first).
    private static func transpose(_ block: inout [UInt64]) {
        var half = 32
        var low: UInt64 = 0xFFFF_FFFF
        while half > 0 {
            var row = 0
            while row < 64 {
                let swap = (block[row] >> UInt64(half) ^ block[row + half]) & low
                block[row] ^= swap << UInt64(half)
                block[row + half] ^= swap
                row = (row + half + 1) & ~half
            }
            half >>= 1
            low ^= low << UInt64(half)
        }
    }
}
