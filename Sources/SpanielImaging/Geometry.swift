/// A position in a picture as displayed, in pixels: x to the right, y down, the origin at the top left
/// corner.
///
/// The centre of the first pixel is 0.5, 0.5.
public struct Point: Sendable, Hashable {
    /// The distance from the left edge, in pixels.
    public var x: Double
    /// The distance from the top edge, in pixels.
    public var y: Double

    /// A point, x first.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

/// A width and a height in pixels.
public struct Size: Sendable, Hashable {
    /// The number of columns.
    public var width: Int
    /// The number of rows.
    public var height: Int

    /// A size, the width first.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A box in a picture as displayed, in pixels: x1, y1 (left, top), then x2, y2 (right, bottom), half-open, so
/// that the first pixel is the box 0, 0, 1, 1.
///
///     let box = Box(x1: 0, y1: 0, x2: 4, y2: 2)
///     print(box.area, box.iou(Box(x1: 2, y1: 0, x2: 4, y2: 2)))  // 8.0 0.5
public struct Box: Sendable, Hashable {
    /// The left edge.
    public var x1: Double
    /// The top edge.
    public var y1: Double
    /// The right edge; the first column outside, for whole pixels.
    public var x2: Double
    /// The bottom edge; the first row outside, for whole pixels.
    public var y2: Double

    /// A box by its edges: left, top, right, bottom.
    public init(x1: Double, y1: Double, x2: Double, y2: Double) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    /// The box of a whole picture.
    public init(_ size: Size) {
        self.init(x1: 0, y1: 0, x2: Double(size.width), y2: Double(size.height))
    }

    /// The width in pixels, 0 if the edges are in the wrong order.
    public var width: Double { max(0, x2 - x1) }
    /// The height in pixels, 0 if the edges are in the wrong order.
    public var height: Double { max(0, y2 - y1) }
    /// The width times the height.
    public var area: Double { width * height }
    /// The middle of the box.
    public var center: Point { Point(x: (x1 + x2) / 2, y: (y1 + y2) / 2) }

    /// The part that two boxes share; its area is 0 if they share nothing.
    public func intersection(_ other: Box) -> Box {
        let x = max(x1, other.x1)
        let y = max(y1, other.y1)
        return Box(x1: x, y1: y, x2: max(x, min(x2, other.x2)), y2: max(y, min(y2, other.y2)))
    }

    /// The intersection over union, 0…1; 0 if both are empty.
    public func iou(_ other: Box) -> Double {
        let shared = intersection(other).area
        let union = area + other.area - shared
        return union > 0 ? shared / union : 0
    }
}
