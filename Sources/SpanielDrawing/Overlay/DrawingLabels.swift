package import SpanielImaging

/// A label with its place in the picture, in whole pixels.
package struct PlacedLabel {
    package let text: String
    /// The columns that the label covers.
    package let x: Range<Int>
    /// The rows that the label covers.
    package let y: Range<Int>

    package var box: Box {
        Box(
            x1: Double(x.lowerBound), y1: Double(y.lowerBound), x2: Double(x.upperBound),
            y2: Double(y.upperBound))
    }
}

/// Finds places for labels near their boxes, inside the picture, and if possible clear of each other and of
/// the objects.
package struct LabelPlacer {
    package let em: Double
    private let size: Size
    private let boxes: [Box]
    private var placed: [PlacedLabel] = []

    package init(size: Size, em: Double, boxes: [Box]) {
        self.size = size
        self.em = em
        self.boxes = boxes
    }

    private var padding: Double { (em * 0.3).rounded() }

    /// Places a label at a box.
    /// - Returns: nil if the picture is too small for any letter.
    package mutating func place(_ text: String, at box: Box) -> PlacedLabel? {
        let room = Double(size.width) - 2 * padding
        let text = Self.shortened(text, to: room / em)
        let width = Int((Glyphs.width(of: text) * em).rounded(.up) + 2 * padding)
        let height = Int((em * 1.3).rounded())
        guard !text.isEmpty, width <= size.width, height <= size.height else { return nil }
        let (left, right) = (whole(box.x1), whole(box.x2))
        let (top, bottom) = (whole(box.y1), whole(box.y2))
        // The order is: above the box, inside at the top, below; the same at the right end; inside at the
        // bottom.
        let places = [
            (left, top - height), (left, top), (left, bottom), (right - width, top - height),
            (right - width, top),
            (right - width, bottom), (left, bottom - height), (right - width, bottom - height),
        ]
        var best: (cost: Double, label: PlacedLabel)?
        for (wantedX, wantedY) in places {
            let x = min(max(0, wantedX), size.width - width)
            let y = min(max(0, wantedY), size.height - height)
            let label = PlacedLabel(text: text, x: x..<x + width, y: y..<y + height)
            // The cost is in pixels: covering another label costs most, covering another object costs more
            // than covering the own one, and so does distance from the box.
            let moved = Double((abs(x - wantedX) + abs(y - wantedY)) * height)
            let labels = placed.reduce(0) { $0 + label.box.intersection($1.box).area }
            let objects = boxes.reduce(0) { $0 + label.box.intersection($1).area * ($1 == box ? 0.5 : 1) }
            let cost = moved + 50 * labels + objects
            if cost < best?.cost ?? .infinity { best = (cost, label) }
            if cost == 0 { break }
        }
        if let best { placed.append(best.label) }
        return best?.label
    }

    private func whole(_ value: Double) -> Int { Int(min(1e6, max(-1e6, value.rounded()))) }

    /// Shortens a text to a width; the last word, which is the score, remains, and the end of the rest is
    /// replaced by "…".
    ///
    /// - Parameter width: the width in em.
    package static func shortened(_ text: String, to width: Double) -> String {
        guard Glyphs.width(of: text) > width else { return text }
        let end = text.lastIndex(of: " ") ?? text.endIndex
        var head = text[..<end]
        let tail = text[end...]
        while !head.isEmpty {
            head.removeLast()
            let short = head + "…" + tail
            if Glyphs.width(of: short) <= width { return String(short) }
        }
        return tail.dropFirst().isEmpty || Glyphs.width(of: tail.dropFirst()) > width
            ? "" : String(tail.dropFirst())
    }
}

extension Canvas {
    /// Draws a label: text in black or white on a plate of the object's colour.
    mutating func tag(_ label: PlacedLabel, em: Double, _ color: Palette.Color) {
        fill(label.x, label.y, color)
        let capHeight = Double(GlyphTable.capHeight) / Double(GlyphTable.unitsPerEm) * em
        let baseline = Point(
            x: Double(label.x.lowerBound) + (em * 0.3).rounded(),
            y: (Double(label.y.lowerBound + label.y.upperBound) / 2 + capHeight / 2).rounded())
        write(label.text, em: em, baseline: baseline, color.contrast)
    }
}
