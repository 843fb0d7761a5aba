import SpanielImaging
import SpanielPlatform

/// Shapes that outline an object without being boxes or polygons, as polygons.
enum Outlines {
    /// The corners of an ellipse's polygon.
    static let corners = 64

    /// An ellipse about a center, turned by degrees clockwise as displayed.
    static func ellipse(center: Point, radiusX: Double, radiusY: Double, degrees: Double) -> [Point] {
        (0..<corners).map {
            let angle = Double($0) * 2 * .pi / Double(corners)
            return Point(x: center.x + radiusX * cos(angle), y: center.y + radiusY * sin(angle))
        }.turned(degrees, about: center)
    }

    /// A box turned about its center by degrees clockwise as displayed: from its top left corner around.
    static func box(_ box: Box, degrees: Double) -> [Point] {
        [
            Point(x: box.x1, y: box.y1), Point(x: box.x2, y: box.y1), Point(x: box.x2, y: box.y2),
            Point(x: box.x1, y: box.y2),
        ].turned(degrees, about: box.center)
    }
}

extension [Point] {
    /// Turned by degrees clockwise as displayed.
    func turned(_ degrees: Double, about center: Point) -> [Point] {
        let turn = degrees.truncatingRemainder(dividingBy: 360)
        if turn == 0 { return self }
        let (sine, cosine) = (sin(turn * .pi / 180), cos(turn * .pi / 180))
        return map {
            let (dx, dy) = ($0.x - center.x, $0.y - center.y)
            return Point(x: center.x + dx * cosine - dy * sine, y: center.y + dx * sine + dy * cosine)
        }
    }
}
