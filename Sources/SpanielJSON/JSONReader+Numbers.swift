extension JSONReader {
    /// The next number as the nearest double, without a text in between where its digits fit into 53 bits.
    package mutating func double() throws(JSONError) -> Double {
        skipSpace()
        let start = offset
        var place = offset
        let isNegative = place < bytes.count && bytes[place] == UInt8(ascii: "-")
        if isNegative { place += 1 }
        var digits: UInt64 = 0
        var count = 0
        var decimals = 0
        let first = place
        while place < bytes.count, case let digit = bytes[place] &- 48, digit < 10 {
            digits = digits &* 10 &+ UInt64(digit)
            place += 1
        }
        count = place - first
        // 0123 is no number of JSON's.
        let isPlain = count == 1 || count > 1 && bytes[first] != 48
        if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            let point = place
            while place < bytes.count, case let digit = bytes[place] &- 48, digit < 10 {
                digits = digits &* 10 &+ UInt64(digit)
                place += 1
            }
            decimals = place - point
            count = decimals == 0 ? 0 : count + decimals
        }
        let hasExponent = place < bytes.count && bytes[place] | 0x20 == UInt8(ascii: "e")
        // Both are exact: at most 53 bits over a power of ten of at most 22.
        if isPlain, count > 0, count <= 18, digits <= 1 << 53, decimals <= 22, !hasExponent {
            offset = place
            afterValue = true
            let value = Double(digits) / Self.powers[decimals]
            return isNegative ? -value : value
        }
        guard let value = Double(try number()), value.isFinite else { throw .numberTooLarge(offset: start) }
        return value
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
        1e19, 1e20, 1e21, 1e22,
    ]
}
