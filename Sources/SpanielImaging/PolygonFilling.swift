extension Mask {
    /// The pixels whose centres lie in any of the polygons, holes left out; coordinates may lie outside the picture.
    public init(polygons: [Polygon], size: Size) {
        self.init(size: size)
        // Rings toggle the pixels right of their edges; a running exclusive-or along each row then fills between them.
        var scratch = self
        for polygon in polygons {
            var rows = height..<0 + height
            for ring in [polygon.outer] + polygon.holes {
                let touched = scratch.toggleEdges(of: ring)
                guard !touched.isEmpty else { continue }
                rows = min(rows.lowerBound, touched.lowerBound)..<max(rows.isEmpty ? 0 : rows.upperBound, touched.upperBound)
            }
            scratch.fillBetweenToggles(rows)
            for i in rows.lowerBound * wordsPerRow..<rows.upperBound * wordsPerRow {
                words[i] |= scratch.words[i]
                scratch.words[i] = 0
            }
        }
    }

    /// Toggles in each row the first pixel whose centre is at or right of each edge; returns the rows the ring touches.
    private mutating func toggleEdges(of ring: [Point]) -> Range<Int> {
        guard var from = ring.last else { return 0..<0 }
        var top = height
        var bottom = 0
        for to in ring {
            let rows = Self.centers(from: min(from.y, to.y), to: max(from.y, to.y), limit: height)
            let slope = (to.x - from.x) / (to.y - from.y)
            for y in rows {
                let x = from.x + (Double(y) + 0.5 - from.y) * slope
                let first = Int(min(Double(width), max(0, (x - 0.5).rounded(.up))))
                if first < width { words[y * wordsPerRow + first >> 6] ^= 1 << UInt64(first & 63) }
            }
            if !rows.isEmpty {
                top = min(top, rows.lowerBound)
                bottom = max(bottom, rows.upperBound)
            }
            from = to
        }
        return top < bottom ? top..<bottom : 0..<0
    }

    /// Each pixel becomes the exclusive or of the toggles up to it in its row.
    mutating func fillBetweenToggles(_ rows: Range<Int>) {
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
