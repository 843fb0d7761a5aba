public import SpanielImaging

/// Draws found objects over pictures: translucent masks with sharp outlines, boxes, and labels that can be
/// read on any background.
public enum Drawing {
    /// One object to draw; a part that is nil or empty is left out.
    public struct Object: Sendable {
        /// The mask, of the picture's size; made anew at each call.
        public var mask: Mask? {
            get { boxed?.mask }
            set { boxed = newValue.map { BoxedMask($0) } }
        }
        /// The mask without what lies around it.
        private var boxed: BoxedMask?
        /// The box: x1, y1, x2, y2 in pixels of the picture.
        public var box: Box?
        /// The text of the label.
        public var label: String
        /// The colour of all parts.
        public var color: Palette.Color

        /// An object with the parts that are given.
        public init(mask: Mask? = nil, box: Box? = nil, label: String = "", color: Palette.Color) {
            boxed = mask.map { BoxedMask($0) }
            self.box = box
            self.label = label
            self.color = color
        }
    }

    /// Draws objects over a picture, the first on top; a mask of another size than the picture traps.
    ///
    ///     let objects = found.map { Drawing.Object(mask: $0.mask, box: $0.box, color: Palette.color(0)) }
    ///     try Drawing.overlay(on: picture, objects: objects).pngData().write(to: url)
    ///
    /// Lines and letters grow with the picture, so that the result looks the same at the size of a screen.
    public static func overlay(on picture: Picture, objects: [Object]) -> Picture {
        let style = Style(for: picture.size)
        var canvas = Canvas(picture)
        for object in objects.reversed() {
            guard let mask = object.mask else { continue }
            precondition(
                mask.size == picture.size,
                "Drawing: a mask of \(mask.width)×\(mask.height) on \(picture.width)×\(picture.height)")
            canvas.fill(mask, object.color, opacity: style.fillOpacity)
        }
        for object in objects.reversed() {
            guard let mask = object.mask else { continue }
            canvas.stroke(mask, brush: style.halo, object.color.contrast, opacity: style.haloOpacity)
            canvas.stroke(mask, brush: style.outline, object.color, opacity: 255)
        }
        for object in objects.reversed() {
            if let box = object.box { canvas.frame(box, style, object.color) }
        }
        let boxes = objects.map { $0.box ?? $0.mask?.box }
        var placer = LabelPlacer(size: picture.size, em: style.em, boxes: boxes.compactMap(\.self))
        for (object, box) in zip(objects, boxes) where !object.label.isEmpty {
            guard let box, let label = placer.place(object.label, at: box) else { continue }
            canvas.tag(label, em: placer.em, object.color)
        }
        return canvas.picture
    }

    /// Returns the usual text of a label: the class and the score with two decimals, "boot 0.91".
    public static func label(class name: String, score: Double?) -> String {
        guard let score, score.isFinite, abs(score) < 1e6 else { return name }
        return "\(name) \(decimals(score, 2))"
    }

    /// The widths, sizes and opacities for a picture of a given size.
    struct Style {
        let fillOpacity = 100
        let haloOpacity = 150
        let outline: Brush
        let halo: Brush
        /// The width of a box's line, in pixels.
        let frame: Int
        /// The size of the letters in pixels, at which an "x" is a whole number of pixels high.
        let em: Double

        init(for size: Size) {
            let side = (Double(size.width) * Double(size.height)).squareRoot()
            let line = 1.5 + side / 400
            outline = Brush(width: line)
            halo = Brush(width: line + 1.2 + side / 800)
            frame = Int(1.4 + side / 700)
            let xHeight = max(7, (side / 85).rounded())
            em = xHeight * Double(GlyphTable.unitsPerEm) / Double(GlyphTable.xHeight)
        }
    }
}

extension Canvas {
    /// Draws a box's line just inside the box, with a thin rim on both sides so that it is visible on its own
    /// colour.
    fileprivate mutating func frame(_ box: Box, _ style: Drawing.Style, _ color: Palette.Color) {
        func whole(_ value: Double, _ limit: Int) -> Int { Int(min(Double(limit), max(0, value.rounded()))) }
        let (left, right) = (whole(box.x1, width), whole(box.x2, width))
        let (top, bottom) = (whole(box.y1, height), whole(box.y2, height))
        guard left < right, top < bottom else { return }
        let line = style.frame
        let rim = max(1, line / 2)
        ring(
            left - rim, top - rim, right + rim, bottom + rim, line + 2 * rim, color.contrast,
            opacity: style.haloOpacity / 2)
        ring(left, top, right, bottom, line, color, opacity: 255)
    }

    private mutating func ring(
        _ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ line: Int, _ color: Palette.Color,
        opacity: Int
    ) {
        let innerTop = min(top + line, bottom)
        let innerBottom = max(innerTop, bottom - line)
        let innerLeft = min(left + line, right)
        fill(left..<right, top..<innerTop, color, opacity: opacity)
        fill(left..<right, innerBottom..<bottom, color, opacity: opacity)
        fill(left..<innerLeft, innerTop..<innerBottom, color, opacity: opacity)
        fill(max(innerLeft, right - line)..<right, innerTop..<innerBottom, color, opacity: opacity)
    }
}
