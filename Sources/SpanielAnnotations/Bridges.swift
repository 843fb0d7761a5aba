import SpanielImaging

/// Several rings as one, joined by cuts of no width: for formats that give an object a single ring.
///
/// A cut is walked once there and once back, so that it encloses nothing and every filling by even and odd
/// leaves it out.
enum Bridges {
    static func ring(of polygons: [Polygon]) -> [Point] {
        var joined: [Point] = []
        for polygon in polygons {
            var part = polygon.outer
            for hole in polygon.holes where hole.count >= 3 { join(hole, to: &part) }
            join(part, to: &joined)
        }
        return joined
    }

    /// … a b c … and p q r become … a b q r p q b c …, where b and q are near each other.
    private static func join(_ ring: [Point], to joined: inout [Point]) {
        guard !joined.isEmpty else {
            joined = ring
            return
        }
        let (from, to) = nearest(joined, ring)
        let loop = Array(ring[to...]) + Array(ring[..<to]) + [ring[to], joined[from]]
        joined.insert(contentsOf: loop, at: from + 1)
    }

    /// A pair of corners near each other; of long rings only some corners are looked at, since any cut is
    /// right and a short one only nicer.
    ///
    /// A very long one goes on at its end: to put a hundred thousand parts into its middle would take hours.
    private static func nearest(_ a: [Point], _ b: [Point]) -> (Int, Int) {
        if a.count > 20_000 { return (a.count - 1, 0) }
        var best = (0, 0)
        var least = Double.infinity
        for i in stride(from: 0, to: a.count, by: max(1, a.count / 64)) {
            for j in stride(from: 0, to: b.count, by: max(1, b.count / 64)) {
                let (dx, dy) = (a[i].x - b[j].x, a[i].y - b[j].y)
                guard dx * dx + dy * dy < least else { continue }
                least = dx * dx + dy * dy
                best = (i, j)
            }
        }
        return best
    }
}

extension Box {
    /// The part inside a picture.
    func clipped(to size: Size) -> Box {
        intersection(Box(size))
    }
}
