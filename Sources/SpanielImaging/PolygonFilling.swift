extension Mask {
    /// The pixels whose centres lie in any of the polygons, their holes left out; coordinates may lie outside
    /// the picture.
    public init(polygons: [Polygon], size: Size) {
        self.init(size: size)
        // Rings toggle the first pixel right of each edge; a running exclusive or along each row then fills
        // between them.
        var scratch = self
        for polygon in polygons {
            var rows = Touched()
            for ring in [polygon.outer] + polygon.holes { scratch.toggleEdges(of: ring, &rows) }
            formUnionAndClear(&scratch, filled: rows.range)
        }
    }

    /// The range of rows that hold toggles.
    struct Touched {
        private(set) var range = 0..<0

        mutating func insert(_ rows: Range<Int>) {
            guard !rows.isEmpty else { return }
            range =
                range.isEmpty
                ? rows : min(range.lowerBound, rows.lowerBound)..<max(range.upperBound, rows.upperBound)
        }
    }

    /// Fills between the toggles of a scratch mask, adds the result, and empties the scratch mask.
    mutating func formUnionAndClear(_ scratch: inout Mask, filled rows: Range<Int>) {
        scratch.fillBetweenToggles(rows)
        for i in rows.lowerBound * wordsPerRow..<rows.upperBound * wordsPerRow {
            words[i] |= scratch.words[i]
            scratch.words[i] = 0
        }
    }

    /// Toggles in each row the first pixel whose centre is at or right of each edge.
    private mutating func toggleEdges(of ring: [Point], _ touched: inout Touched) {
        guard var from = ring.last else { return }
        for to in ring {
            let rows = Self.centers(from: min(from.y, to.y), to: max(from.y, to.y), limit: height)
            let slope = (to.x - from.x) / (to.y - from.y)
            for y in rows {
                let x = from.x + (Double(y) + 0.5 - from.y) * slope
                let first = Int(min(Double(width), max(0, (x - 0.5).rounded(.up))))
                if first < width { words[y * wordsPerRow + first >> 6] ^= 1 << UInt64(first & 63) }
            }
            touched.insert(rows)
            from = to
        }
    }

    /// Makes each pixel the exclusive or of the toggles up to it in its row.
    private mutating func fillBetweenToggles(_ rows: Range<Int>) {
        for y in rows {
            var inside: UInt64 = 0
            for i in y * wordsPerRow..<(y + 1) * wordsPerRow {
                var word = words[i]
                word ^= word << 1
                word ^= word << 2
                word ^= word << 4
                word ^= word << 8
                word ^= word << 16
                word ^= word << 32
                word ^= inside
                inside = word >> 63 == 0 ? 0 : ~0
                words[i] = word
            }
            if wordsPerRow > 0 { words[(y + 1) * wordsPerRow - 1] &= lastWordMask }
        }
    }
}
