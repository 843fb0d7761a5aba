import SpanielAnnotations
import SpanielImaging

extension [Point] {
    /// The ring with fewer corners, none farther than a tolerance from the new edges (Douglas and Peucker 1973):
    /// other tools draw a handle at each.
    func simplified(_ tolerance: Double) -> [Point] {
        guard count > 4,
            let far = indices.max(by: { self[0].squares(to: self[$0]) < self[0].squares(to: self[$1]) })
        else { return self }
        var isKept = [Bool](repeating: false, count: count + 1)
        isKept[0] = true
        isKept[far] = true
        // Both halves of the ring; the last corner is the first again.
        var open = [(0, far), (far, count)]
        while let (start, end) = open.popLast() {
            var (farthest, most) = (start, tolerance)
            for place in start + 1..<Swift.max(start + 1, end) {
                let distance = self[place].distance(from: self[start], self[end % count])
                if distance > most { (farthest, most) = (place, distance) }
            }
            guard farthest > start else { continue }
            isKept[farthest] = true
            open += [(start, farthest), (farthest, end)]
        }
        let kept = indices.filter { isKept[$0] }.map { self[$0] }
        return kept.count < 3 ? self : kept
    }
}

extension Point {
    fileprivate func squares(to other: Point) -> Double {
        (x - other.x) * (x - other.x) + (y - other.y) * (y - other.y)
    }

    /// From the line through two points; from the one point where they are the same.
    fileprivate func distance(from a: Point, _ b: Point) -> Double {
        let length = a.squares(to: b).squareRoot()
        guard length > 0 else { return squares(to: a).squareRoot() }
        return abs((b.x - a.x) * (a.y - y) - (a.x - x) * (b.y - a.y)) / length
    }
}

extension StoredShape {
    /// The largest part's ring as other tools show it; nil for a box.
    var ring: [Point]? {
        let largest = shape?.polygons.max { $0.area < $1.area }
        return largest?.outer.simplified(Swift.max(0.75, 0.002 * (box.width + box.height)))
    }
}
