package import SpanielImaging

/// A picture to paint on; pixels outside are ignored.
struct Canvas {
    let width: Int
    let height: Int
    private(set) var pixels: [UInt8]

    init(_ picture: Picture) {
        width = picture.width
        height = picture.height
        pixels = picture.pixels
    }

    var picture: Picture { Picture(rgb: pixels, width: width, height: height) }

    /// Paints over one pixel inside the canvas.
    /// - Parameter opacity: 0…255.
    mutating func paint(_ x: Int, _ y: Int, _ color: Palette.Color, opacity: Int) {
        guard opacity > 0 else { return }
        let i = (y * width + x) * 3
        pixels[i] = Self.mix(pixels[i], color.red, opacity)
        pixels[i + 1] = Self.mix(pixels[i + 1], color.green, opacity)
        pixels[i + 2] = Self.mix(pixels[i + 2], color.blue, opacity)
    }

    private static func mix(_ under: UInt8, _ over: UInt8, _ opacity: Int) -> UInt8 {
        UInt8((Int(under) * (255 - opacity) + Int(over) * opacity + 127) / 255)
    }

    mutating func fill(_ xs: Range<Int>, _ ys: Range<Int>, _ color: Palette.Color, opacity: Int = 255) {
        let xs = xs.clamped(to: 0..<width)
        for y in ys.clamped(to: 0..<height) {
            for x in xs { paint(x, y, color, opacity: opacity) }
        }
    }

    mutating func fill(_ mask: Mask, _ color: Palette.Color, opacity: Int) {
        for y in 0..<height {
            mask.forEachRun(inRow: y) { run in
                for x in run { paint(x, y, color, opacity: opacity) }
            }
        }
    }

    /// Paints a smooth line around an object by moving a brush along the edge pixels of its mask.
    mutating func stroke(_ mask: Mask, brush: Brush, _ color: Palette.Color, opacity: Int) {
        guard let (columns, rows) = mask.extent else { return }
        let reach = brush.reach
        let xs = (columns.lowerBound - reach..<columns.upperBound + reach).clamped(to: 0..<width)
        let ys = (rows.lowerBound - reach..<rows.upperBound + reach).clamped(to: 0..<height)
        var painted = [UInt8](repeating: 0, count: xs.count * ys.count)
        let edge = mask.edge
        for y in rows {
            edge.forEachRun(inRow: y) { run in
                for x in run {
                    for v in max(ys.lowerBound, y - reach)..<min(ys.upperBound, y + reach + 1) {
                        for u in max(xs.lowerBound, x - reach)..<min(xs.upperBound, x + reach + 1) {
                            let i = (v - ys.lowerBound) * xs.count + u - xs.lowerBound
                            painted[i] = max(painted[i], brush[u - x, v - y])
                        }
                    }
                }
            }
        }
        for y in ys {
            for x in xs {
                let amount = Int(painted[(y - ys.lowerBound) * xs.count + x - xs.lowerBound])
                if amount > 0 { paint(x, y, color, opacity: amount * opacity / 255) }
            }
        }
    }

    /// Writes a line of text.
    ///
    /// - Parameter baseline: the left end of the baseline, in pixels.
    mutating func write(_ text: some StringProtocol, em: Double, baseline: Point, _ color: Palette.Color) {
        let width = Int((Glyphs.width(of: text) * em).rounded(.up)) + 2
        let ascent = Int((Double(GlyphTable.ascent) / Double(GlyphTable.unitsPerEm) * em).rounded(.up))
        let descent = Int((Double(GlyphTable.descent) / Double(GlyphTable.unitsPerEm) * em).rounded(.up))
        let (left, top) = (Int(baseline.x.rounded(.down)), Int(baseline.y.rounded(.down)) - ascent)
        var coverage = Coverage(width: width, height: ascent + descent)
        var pen = Point(x: baseline.x - Double(left), y: baseline.y - Double(top))
        for character in text {
            let glyph = Glyphs.glyph(character)
            for ring in glyph.contours {
                coverage.add(ring.map { Point(x: pen.x + $0.x * em, y: pen.y + $0.y * em) })
            }
            pen.x += glyph.advance * em
        }
        let values = coverage.values()
        for y in 0..<coverage.height where top + y >= 0 && top + y < height {
            for x in 0..<coverage.width where left + x >= 0 && left + x < self.width {
                paint(left + x, top + y, color, opacity: Int(values[y * coverage.width + x] * 255 + 0.5))
            }
        }
    }
}

/// A round brush with a soft rim.
struct Brush {
    /// The largest distance from the middle that the brush paints, in pixels along each axis.
    let reach: Int
    private let amounts: [UInt8]

    /// - Parameter width: the diameter in pixels, at least 1.
    init(width: Double) {
        let reach = Int((width / 2).rounded(.up))
        self.reach = reach
        amounts = (-reach...reach).flatMap { y in
            (-reach...reach).map { x in
                let distance = Double(x * x + y * y).squareRoot()
                return UInt8(255 * min(1, max(0, width / 2 + 0.5 - distance)) + 0.5)
            }
        }
    }

    /// The opacity at a distance from the middle, 0…255.
    subscript(x: Int, y: Int) -> UInt8 { amounts[(y + reach) * (2 * reach + 1) + x + reach] }
}

extension Mask {
    /// The object's pixels that have a side in common with the background or the picture's border.
    package var edge: Mask {
        var edge = self
        for y in 0..<height {
            let row = y * wordsPerRow
            for i in 0..<wordsPerRow {
                let word = words[row + i]
                let left = word << 1 | (i > 0 ? words[row + i - 1] >> 63 : 0)
                let right = word >> 1 | (i + 1 < wordsPerRow ? words[row + i + 1] << 63 : 0)
                let above = y > 0 ? words[row - wordsPerRow + i] : 0
                let below = y + 1 < height ? words[row + wordsPerRow + i] : 0
                edge.words[row + i] = word & ~(left & right & above & below)
            }
        }
        return edge
    }
}
