/// A position in a picture as displayed: pixels, origin top left, x first.
public struct Point: Sendable, Hashable {
    public var x: Double
    public var y: Double

    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

/// Width and height in pixels.
public struct Size: Sendable, Hashable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A box in a picture as displayed: pixels, half-open, so that the pixel at the origin is 0, 0, 1, 1.
public struct Box: Sendable, Hashable {
    public var x1: Double
    public var y1: Double
    public var x2: Double
    public var y2: Double

    public init(x1: Double, y1: Double, x2: Double, y2: Double) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    /// The whole of a picture.
    public init(_ size: Size) {
        self.init(x1: 0, y1: 0, x2: Double(size.width), y2: Double(size.height))
    }

    public var width: Double { max(0, x2 - x1) }
    public var height: Double { max(0, y2 - y1) }
    public var area: Double { width * height }
    public var center: Point { Point(x: (x1 + x2) / 2, y: (y1 + y2) / 2) }

    /// What two boxes share; of zero size when they share nothing.
    public func intersection(_ other: Box) -> Box {
        let x = max(x1, other.x1)
        let y = max(y1, other.y1)
        return Box(x1: x, y1: y, x2: max(x, min(x2, other.x2)), y2: max(y, min(y2, other.y2)))
    }

    /// Intersection over union, 0…1; 0 when both are empty.
    public func iou(_ other: Box) -> Double {
        let shared = intersection(other).area
        let union = area + other.area - shared
        return union > 0 ? shared / union : 0
    }
}
