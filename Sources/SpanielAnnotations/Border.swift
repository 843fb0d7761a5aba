import SpanielImaging

extension Reading {
    /// Brings an object inside its picture, as the options have it.
    ///
    /// - Parameter error: what is thrown where labels outside are refused.
    /// - Returns: nil where nothing of it is inside; both are counted.
    mutating func inside(
        _ object: LabelledObject, _ size: Size, error: () -> AnnotationError
    ) throws(AnnotationError) -> LabelledObject? {
        // Sums of the largest numbers are none.
        guard object.isFinite else { throw error() }
        let overhang = object.box.overhang(of: size)
        guard overhang > 0 else { return object }
        switch options.border {
        case .keep: return object
        case .refuse:
            if overhang > 1 { throw error() }
            return object
        case .cutBeyondRounding: if overhang <= 1 { return object }
        case .cut: break
        }
        guard let cut = object.cut(to: size) else {
            losses.count("label", "labels", "left out: wholly outside the picture", kind: "outside")
            return nil
        }
        // Fractions and percents come out a millionth of a pixel beyond.
        if overhang > 1 {
            losses.count("label", "labels", "cut off at the picture's border", kind: "outside-cut")
        } else if overhang > 1e-3 {
            losses.count(
                "label", "labels", "moved to the picture's border by a pixel at most",
                kind: "outside-rounding", isLoss: false)
        }
        return cut
    }
}

extension Box {
    /// By how many pixels it reaches out of a picture; 0: not at all.
    func overhang(of size: Size) -> Double {
        max(-x1, -y1, x2 - Double(size.width), y2 - Double(size.height), 0)
    }
}

extension Box {
    /// `x from 0 to 31, y from 2 to 5`, for messages.
    var extentText: String { "x from \(x1.short) to \(x2.short), y from \(y1.short) to \(y2.short)" }
}

extension LabelledObject {
    var isFinite: Bool {
        guard [box.x1, box.y1, box.x2, box.y2].allSatisfy(\.isFinite) else { return false }
        guard case .polygons(let polygons) = shape else { return true }
        return polygons.allSatisfy { polygon in
            polygon.outer.allSatisfy { $0.x.isFinite && $0.y.isFinite }
        }
    }

    /// The part inside a picture; nil where there is none.
    ///
    /// Run lengths are of the picture's pixels: only the box beside them is cut.
    func cut(to size: Size) -> LabelledObject? {
        var object = self
        let inner = box.clipped(to: size)
        // A box without width stays one; what has an area must have some inside.
        let isOutside =
            box.x2 < 0 || box.y2 < 0 || box.x1 > Double(size.width) || box.y1 > Double(size.height)
        guard !isOutside, box.area == 0 || inner.area > 0 else { return nil }
        if case .polygons(let polygons) = shape {
            let cut = polygons.compactMap { polygon -> Polygon? in
                let outer = polygon.outer.cut(to: size)
                guard outer.count >= 3 else { return nil }
                return Polygon(
                    outer: outer, holes: polygon.holes.map { $0.cut(to: size) }.filter { $0.count >= 3 })
            }
            guard !cut.isEmpty else { return nil }
            object.shape = .polygons(cut)
            // The box around an outline follows it; one of its own is cut.
            object.box = shape?.box == box ? object.shape?.box ?? inner : inner
        } else {
            object.box = inner
        }
        object.area = nil
        return object
    }
}

extension [Point] {
    /// A ring's part inside a picture, as one ring: Sutherland and Hodgman's cutting, side by side.
    func cut(to size: Size) -> [Point] {
        let (w, h) = (Double(size.width), Double(size.height))
        var ring = self
        ring = ring.cut {
            $0.x
        } meets: { a, b in
            a.meeting(b, x: 0)
        }
        ring = ring.cut {
            w - $0.x
        } meets: { a, b in
            a.meeting(b, x: w)
        }
        ring = ring.cut {
            $0.y
        } meets: { a, b in
            a.meeting(b, y: 0)
        }
        return ring.cut {
            h - $0.y
        } meets: { a, b in
            a.meeting(b, y: h)
        }
    }

    /// The part where `inner` is not negative.
    private func cut(_ inner: (Point) -> Double, meets: (Point, Point) -> Point) -> [Point] {
        guard var previous = last else { return [] }
        if allSatisfy({ inner($0) >= 0 }) { return self }
        var ring: [Point] = []
        ring.reserveCapacity(count + 4)
        for point in self {
            let (before, now) = (inner(previous) >= 0, inner(point) >= 0)
            if before != now { ring.append(meets(previous, point)) }
            if now { ring.append(point) }
            previous = point
        }
        return ring
    }
}

extension Point {
    /// Where the line to another point crosses a column; the column exactly.
    fileprivate func meeting(_ other: Point, x column: Double) -> Point {
        Point(x: column, y: (y + (other.y - y) * ((column - x) / (other.x - x))).finite(or: y))
    }

    /// Where the line to another point crosses a row; the row exactly.
    fileprivate func meeting(_ other: Point, y row: Double) -> Point {
        Point(x: (x + (other.x - x) * ((row - y) / (other.y - y))).finite(or: x), y: row)
    }
}

extension Double {
    /// Differences of the largest numbers are none.
    fileprivate func finite(or other: Double) -> Double { isFinite ? self : other }
}
