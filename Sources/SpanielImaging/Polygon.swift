/// One connected part of an object: an outer ring and the rings of its holes, each a list of corners without
/// the first repeated.
public struct Polygon: Sendable, Hashable {
    /// Clockwise as displayed, when it comes from a mask.
    public var outer: [Point]
    /// Counter-clockwise as displayed, when they come from a mask.
    public var holes: [[Point]]

    public init(outer: [Point], holes: [[Point]] = []) {
        self.outer = outer
        self.holes = holes
    }

    /// The outer ring's area less the holes', in pixels.
    public var area: Double {
        holes.reduce(abs(Self.signedArea(outer))) { $0 - abs(Self.signedArea($1)) }
    }

    /// Half the sum of cross products: positive for a ring that is clockwise as displayed.
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
