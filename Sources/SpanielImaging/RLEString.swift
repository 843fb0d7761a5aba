// COCO's text for run lengths: each character is 48 plus a group of five bits, the lowest group first, and a
// sixth bit that says that another group follows; the fifth bit of the last group is the sign. From the
// fourth count on, the difference to the count two before is written.

extension RLE {
    /// The counts as the text that pycocotools writes in result files.
    public var compressed: String {
        var text: [UInt8] = []
        text.reserveCapacity(counts.count * 2)
        for (i, count) in counts.enumerated() {
            var rest = i > 2 ? count - counts[i - 2] : count
            var more = true
            while more {
                var group = UInt8(rest & 31)
                rest >>= 5
                more = group & 16 != 0 ? rest != -1 : rest != 0
                if more { group |= 32 }
                text.append(group + 48)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads COCO's text; it takes no more memory than the text and its counts.
    ///
    /// - Throws: `RLEError` for a character that COCO does not use, a count without an end, and the faults
    ///   that `init(counts:size:)` refuses.
    public init(compressed text: String, size: Size) throws(RLEError) {
        let pixels = try Self.pixels(of: size)
        var counts: [Int] = []
        var value = 0
        var shift = 0
        var start = 0
        for (offset, byte) in text.utf8.enumerated() {
            guard byte >= 48, byte < 112 else { throw .character(offset: offset, found: byte) }
            // Twelve groups hold any count a 64-bit writer could mean; the thirteenth would shift past the
            // word.
            guard shift < 60 else { throw .unfinished(offset: start) }
            let group = Int(byte) - 48
            value |= (group & 31) << shift
            shift += 5
            guard group & 32 == 0 else { continue }
            if group & 16 != 0 { value |= -1 << shift }
            if counts.count > 2 {
                value = value.addingReportingOverflow(counts[counts.count - 2]).partialValue
            }
            guard value >= 0, value <= pixels else {
                throw .count(index: counts.count, found: value, room: pixels)
            }
            counts.append(value)
            (value, shift, start) = (0, 0, offset + 1)
        }
        guard shift == 0 else { throw .unfinished(offset: start) }
        try self.init(counts: counts, size: size)
    }
}
