extension Example.Region {
    /// The marked pixels; a box marks all pixels in it, and a point marks none, which gives nil.
    /// - Throws: `ExampleError` if the region does not suit a picture of that size.
    package func mask(in size: Size) throws(ExampleError) -> Mask? {
        switch self {
        case .mask(let mask):
            guard mask.size == size else { throw .maskSize(expected: size, found: mask.size) }
            if mask.isEmpty { throw .maskEmpty }
            return mask
        case .polygon(let ring):
            let mask = Mask(polygons: [Polygon(outer: try Self.checked(ring, size))], size: size)
            if mask.isEmpty { throw .polygonOutside(size) }
            return mask
        case .box: return Mask(box: try box(in: size), size: size)
        case .point:
            _ = try box(in: size)
            return nil
        }
    }

    /// The box around what is marked, cut to the picture; a point's has no extent.
    /// - Throws: `ExampleError` where the region cannot be of a picture of that size.
    package func box(in size: Size) throws(ExampleError) -> Box {
        let whole = Box(size)
        switch self {
        case .box(let box):
            guard let cut = box.cut(to: size), cut.area > 0 else { throw .boxOutside(box, size) }
            return cut
        case .mask(let mask):
            guard mask.size == size else { throw .maskSize(expected: size, found: mask.size) }
            guard let box = mask.box else { throw .maskEmpty }
            return box
        case .polygon(let ring):
            let (x, y) = (try Self.checked(ring, size).map(\.x), ring.map(\.y))
            let around = Box(x1: x.min() ?? 0, y1: y.min() ?? 0, x2: x.max() ?? 0, y2: y.max() ?? 0)
                .intersection(whole)
            guard around.area > 0 else { throw .polygonOutside(size) }
            return around
        case .point(let point):
            guard let moved = point.moved(into: size) else { throw .pointOutside(point, size) }
            let (x, y) = (min(moved.x, whole.x2.nextDown), min(moved.y, whole.y2.nextDown))
            return Box(x1: x, y1: y, x2: x, y2: y)
        }
    }

    private static func checked(_ ring: [Point], _ size: Size) throws(ExampleError) -> [Point] {
        guard ring.count >= 3, ring.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
            throw .polygonOutside(size)
        }
        return ring
    }
}

extension [Example] {
    /// The class of all these examples.
    /// - Throws: `ExampleError` for no example, or for several classes.
    package func commonClass() throws(ExampleError) -> String {
        guard let first else { throw .noExamples }
        let classes = Set(map(\.className))
        guard classes.count == 1 else { throw .severalClasses(classes.sorted()) }
        return first.className
    }
}
