/// One connected part of an object: an outer ring and the rings of its holes, each a list of corners without
/// the first repeated.
public struct Polygon: Sendable, Hashable {
    /// The outer ring; clockwise as displayed, if it comes from a mask.
    public var outer: [Point]
    /// The rings of the holes; counterclockwise as displayed, if they come from a mask.
    public var holes: [[Point]]

    /// A part by its rings; by default it has no hole.
    public init(outer: [Point], holes: [[Point]] = []) {
        self.outer = outer
        self.holes = holes
    }

    /// The area of the outer ring less that of the holes, in pixels.
    public var area: Double {
        holes.reduce(abs(Self.signedArea(outer))) { $0 - abs(Self.signedArea($1)) }
    }

    /// Half the sum of the cross products, positive for a ring that is clockwise as displayed.
    package static func signedArea(_ ring: [Point]) -> Double {
        guard var last = ring.last else { return 0 }
        var sum = 0.0
        for point in ring {
            sum += last.x * point.y - point.x * last.y
            last = point
        }
        return sum / 2
    }
}
