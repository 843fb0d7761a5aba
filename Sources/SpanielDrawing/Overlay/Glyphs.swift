package import SpanielImaging

/// The outlines of letters: ASCII, Latin-1, a few marks, and an empty box for every other character.
package enum Glyphs {
    /// The outline of one character.
    package struct Glyph {
        /// The width in em, to the start of the next character.
        package let advance: Double
        /// The closed rings in em, y downwards from the baseline; curves are divided into lines.
        package let contours: [[Point]]
    }

    private static let table: [Character: Glyph] = {
        var numbers = Numbers(text: GlyphTable.outlines.utf8)
        let scale = 1 / Double(GlyphTable.unitsPerEm)
        var table: [Character: Glyph] = [:]
        for code in GlyphTable.codes {
            let advance = Double(numbers.next()) * scale
            var at = Point(x: 0, y: 0)
            let contours = (0..<numbers.next()).map { _ in
                let points = (0..<numbers.next()).map { _ in
                    let word = numbers.next()
                    at.x += Double(word >> 1) * scale
                    at.y += Double(numbers.next()) * scale
                    return (point: at, isOn: word & 1 != 0)
                }
                return flattened(points)
            }
            table[Character(Unicode.Scalar(code)!)] = Glyph(advance: advance, contours: contours)
        }
        return table
    }()

    private static let unknown: Glyph = {
        func ring(_ inset: Double) -> [Point] {
            let (left, right, bottom) = (0.08 + inset, 0.52 - inset, -inset)
            let top = inset - Double(GlyphTable.capHeight) / Double(GlyphTable.unitsPerEm)
            return [
                Point(x: left, y: top), Point(x: right, y: top), Point(x: right, y: bottom),
                Point(x: left, y: bottom),
            ]
        }
        return Glyph(advance: 0.6, contours: [ring(0), ring(0.07).reversed()])
    }()

    package static func glyph(_ character: Character) -> Glyph { table[character] ?? unknown }

    /// Returns the width of a line of text in em.
    package static func width(of text: some StringProtocol) -> Double {
        text.reduce(0) { $0 + glyph($1).advance }
    }

    /// Converts a TrueType ring of quadratic curves to lines; between two control points, a point on the
    /// outline is implied.
    private static func flattened(_ points: [(point: Point, isOn: Bool)]) -> [Point] {
        var full: [(point: Point, isOn: Bool)] = []
        for (i, this) in points.enumerated() {
            full.append(this)
            let next = points[(i + 1) % points.count]
            if !this.isOn && !next.isOn { full.append((middle(this.point, next.point), true)) }
        }
        guard let start = full.firstIndex(where: \.isOn) else { return [] }
        var ring: [Point] = []
        for i in full.indices {
            let this = full[(start + i) % full.count]
            guard !this.isOn else {
                ring.append(this.point)
                continue
            }
            let (from, to) = (
                full[(start + i - 1) % full.count].point, full[(start + i + 1) % full.count].point
            )
            for step in 1..<6 {
                let t = Double(step) / 6
                ring.append(between(between(from, this.point, t), between(this.point, to, t), t))
            }
        }
        return ring
    }

    private static func between(_ a: Point, _ b: Point, _ t: Double) -> Point {
        Point(x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t)
    }

    private static func middle(_ a: Point, _ b: Point) -> Point { between(a, b, 0.5) }

    /// Reads the table's numbers one after the other.
    private struct Numbers {
        var text: String.UTF8View.SubSequence

        init(text: String.UTF8View) { self.text = text[...] }

        mutating func next() -> Int {
            var value = 0
            var shift = 0
            while true {
                let group = Int(text.removeFirst()) - 48
                value |= (group & 31) << shift
                shift += 5
                if group & 32 == 0 { return value & 1 == 0 ? value >> 1 : -(value + 1) >> 1 }
            }
        }
    }
}
