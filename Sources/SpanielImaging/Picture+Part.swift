extension Picture {
    /// What a closer look sees: a box and a little around it, turned, and where it begins before it is turned.
    package func part(seenBy glance: Glance) -> (picture: Picture, origin: Point) {
        let (part, origin) = part(around: glance.box, margin: 0.15)
        return (part.turned(glance.orientation), origin)
    }

    /// The part in and around a box, in whole pixels, cut to the picture, and where it begins.
    /// - Parameters:
    ///   - box: x1, y1, x2, y2 in pixels of the picture; one beside the picture stands for the whole of it.
    ///   - margin: what is taken on each side, as a share of the box's width or height.
    private func part(around box: Box, margin: Double) -> (picture: Picture, origin: Point) {
        let inside = box.cut(to: size) ?? Box(size)
        func range(_ low: Double, _ high: Double, _ length: Int) -> Range<Int> {
            let more = margin * max(0, high - low)
            let first = Int(max(0, min(Double(length - 1), (low - more).rounded(.down))))
            let last = Int(max(Double(first + 1), min(Double(length), (high + more).rounded(.up))))
            return first..<last
        }
        let (columns, rows) = (range(inside.x1, inside.x2, width), range(inside.y1, inside.y2, height))
        return (
            cropped(columns: columns, rows: rows),
            Point(x: Double(columns.lowerBound), y: Double(rows.lowerBound))
        )
    }

    /// The picture turned or mirrored.
    private func turned(_ orientation: Orientation) -> Picture {
        let turned = orientation.apply(to: pixels, width: width, height: height, channels: 3)
        return orientation.swapsSides
            ? Picture(rgb: turned, width: height, height: width)
            : Picture(rgb: turned, width: width, height: height)
    }
}

/// A box to look at, x1, y1, x2, y2 in pixels of the displayed picture, and how what it shows is turned first.
package typealias Glance = (box: Box, orientation: Orientation)
