// Masks made from rows and read as rows: of numbers against a threshold, of bytes, of runs of pixels.

extension Mask {
    /// Makes a mask row by row.
    ///
    /// `fill` writes a row of numbers into its buffer, which is always `width` long and is reused; the pixels
    /// of numbers above the threshold are set.
    package init(
        width: Int, height: Int, above threshold: Float,
        rows fill: (_ y: Int, _ row: inout [Float]) throws -> Void
    ) rethrows {
        self.init(width: width, height: height)
        var row = [Float](repeating: 0, count: width)
        for y in 0..<height {
            try fill(y, &row)
            setRow(y, above: threshold, row)
        }
    }

    /// A mask of the numbers above a threshold, one for each pixel, row after row; a wrong number of values
    /// traps.
    package init(width: Int, height: Int, above threshold: Float, values: [Float]) {
        precondition(
            values.count == width * height, "Mask: \(values.count) values for \(width)×\(height) pixels")
        self.init(width: width, height: height)
        for y in 0..<height { setRow(y, above: threshold, values[y * width..<(y + 1) * width]) }
    }

    /// A mask of the bytes above zero, one for each pixel, row after row; a wrong number of bytes traps.
    package init(width: Int, height: Int, bytes: [UInt8]) {
        precondition(
            bytes.count == width * height, "Mask: \(bytes.count) bytes for \(width)×\(height) pixels")
        self.init(width: width, height: height)
        for y in 0..<height {
            packRow(y) { x in bytes[y * width + x] != 0 }
        }
    }

    /// Puts masks of equal width below each other, so that bands of a picture can be computed in parallel.
    package init(stacking bands: [Mask]) {
        self.init(width: bands.first?.width ?? 0, height: 0)
        var stacked: [UInt64] = []
        stacked.reserveCapacity(bands.reduce(0) { $0 + $1.words.count })
        for band in bands {
            precondition(band.width == width, "Mask: a band of width \(band.width) on one of width \(width)")
            stacked += band.words
        }
        self = Mask(width: width, height: bands.reduce(0) { $0 + $1.height }, words: stacked)
    }

    private init(width: Int, height: Int, words: [UInt64]) {
        self.width = width
        self.height = height
        wordsPerRow = (width + 63) / 64
        self.words = words
    }

    /// Sets in row `y` exactly the pixels whose number is above the threshold.
    package mutating func setRow(_ y: Int, above threshold: Float, _ values: [Float]) {
        setRow(y, above: threshold, values[...])
    }

    /// Sets in row `y` exactly the pixels whose number is above the threshold.
    package mutating func setRow(_ y: Int, above threshold: Float, _ values: ArraySlice<Float>) {
        precondition(values.count == width, "Mask: a row of \(values.count) values for width \(width)")
        let start = values.startIndex
        packRow(y) { x in values[start + x] > threshold }
    }

    @inline(__always)
    private mutating func packRow(_ y: Int, _ isObject: (Int) -> Bool) {
        for i in 0..<wordsPerRow {
            var word: UInt64 = 0
            let first = i * 64
            for bit in 0..<min(64, width - first) { word |= (isObject(first + bit) ? 1 : 0) << UInt64(bit) }
            words[y * wordsPerRow + i] = word
        }
    }

    /// One byte for each pixel, row after row: `inside` for the object, 0 elsewhere.
    package func bytes(inside: UInt8 = 255) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: width * height)
        for y in 0..<height {
            forEachRun(inRow: y) { run in
                for x in run { result[y * width + x] = inside }
            }
        }
        return result
    }

    /// Calls `body` with each run of set pixels of a row, from the left.
    package func forEachRun(inRow y: Int, _ body: (Range<Int>) throws -> Void) rethrows {
        var x = next(true, inRow: y, from: 0)
        while x < width {
            let end = next(false, inRow: y, from: x)
            try body(x..<end)
            x = next(true, inRow: y, from: end)
        }
    }

    /// The first pixel of a row at or after `x` that has this value; the width if there is none.
    func next(_ value: Bool, inRow y: Int, from x: Int) -> Int {
        guard x < width else { return width }
        let row = y * wordsPerRow
        let flip: UInt64 = value ? 0 : ~0
        var i = x >> 6
        var word = (words[row + i] ^ flip) & (~0 << UInt64(x & 63))
        while word == 0 {
            i += 1
            guard i < wordsPerRow else { return width }
            word = words[row + i] ^ flip
        }
        return min(width, i * 64 + word.trailingZeroBitCount)
    }

    /// Sets a run of pixels of a row; the part outside the mask is dropped.
    package mutating func set(_ run: Range<Int>, inRow y: Int) {
        let run = run.clamped(to: 0..<width)
        guard !run.isEmpty else { return }
        let row = y * wordsPerRow
        let first = run.lowerBound >> 6
        let last = (run.upperBound - 1) >> 6
        let head: UInt64 = ~0 << UInt64(run.lowerBound & 63)
        let tail: UInt64 = ~0 >> UInt64(63 - (run.upperBound - 1) & 63)
        if first == last {
            words[row + first] |= head & tail
        } else {
            words[row + first] |= head
            for i in first + 1..<last { words[row + i] = ~0 }
            words[row + last] |= tail
        }
    }
}
