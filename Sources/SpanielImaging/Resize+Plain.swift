extension Resize {
    /// The naive twin of the fast passes: one sum for each output sample.
    ///
    ///     output = clip((2^21 + Σ input · weight) >> 22), along rows, then along columns
    package static func plain(_ bytes: [UInt8], from: Size, to: Size, channels: Int, filter: ResizeFilter)
        -> [UInt8]
    {
        func pass(
            _ input: [UInt8], lines: Int, from: Int, to: Int,
            place: (_ line: Int, _ position: Int, _ length: Int) -> Int
        ) -> [UInt8] {
            if from == to { return input }
            let windows = Windows(from: from, to: to, filter: filter)
            var output = [UInt8](repeating: 0, count: lines * to)
            for line in 0..<lines {
                for position in 0..<to {
                    let first = Int(windows.first[position])
                    let weights = windows.weights[(position * windows.taps)...].prefix(
                        Int(windows.count[position]))
                    let sum = weights.enumerated().reduce(1 << 21) { sum, tap in
                        sum + Int(input[place(line, first + tap.offset, from)]) * Int(tap.element)
                    }
                    output[place(line, position, to)] = UInt8(min(max(sum >> 22, 0), 255))
                }
            }
            return output
        }
        // A line is one channel of a row, or one channel of a column.
        func across(_ input: [UInt8], rows: Int) -> [UInt8] {
            pass(input, lines: rows * channels, from: from.width, to: to.width) { line, position, length in
                (line / channels * length + position) * channels + line % channels
            }
        }
        func down(_ input: [UInt8], columns: Int) -> [UInt8] {
            pass(input, lines: columns * channels, from: from.height, to: to.height) { line, position, _ in
                position * columns * channels + line
            }
        }
        if columnsComeFirst(from: from, to: to) {
            return across(down(bytes, columns: from.width), rows: to.height)
        }
        return down(across(bytes, rows: from.height), columns: to.width)
    }
}
