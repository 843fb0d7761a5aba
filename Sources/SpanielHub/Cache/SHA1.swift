/// Computes the SHA-1 of bytes that come in pieces (FIPS 180-4): git names files by it. For small files only, so
/// it is plain Swift; it protects from accidents, and the large files, which have a SHA-256, are the weights.
package struct SHA1: Sendable {
    private var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    private var block: [UInt8] = []
    private var count: UInt64 = 0

    package init() { block.reserveCapacity(64) }

    package mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            block.append(byte)
            count &+= 1
            if block.count == 64 { compress() }
        }
    }

    /// Returns the digest as 40 hexadecimal digits.
    package consuming func hexadecimal() -> String {
        let bits = count &* 8
        update([0x80])
        while block.count != 56 { update([0]) }
        update((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private mutating func compress() {
        func rotated(_ x: UInt32, _ by: UInt32) -> UInt32 { x << by | x >> (32 - by) }
        var w = [UInt32](repeating: 0, count: 80)
        for t in 0..<16 {
            w[t] = block[4 * t..<4 * t + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        for t in 16..<80 { w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1) }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for t in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch t {
                case ..<20: (b & c | ~b & d, 0x5a82_7999)
                case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            (a, b, c, d, e) = (rotated(a, 5) &+ f &+ e &+ k &+ w[t], a, rotated(b, 30), c, d)
        }
        for (i, x) in [a, b, c, d, e].enumerated() { state[i] &+= x }
        block.removeAll(keepingCapacity: true)
    }
}
