import SpanielImaging

extension Example.Region {
    /// The box around what is marked; a point's has no extent.
    /// - Throws: `OWLViTError` where the region cannot be of a picture of that size.
    func box(in size: Size) throws(OWLViTError) -> Box {
        let whole = Box(x1: 0, y1: 0, x2: Double(size.width), y2: Double(size.height))
        switch self {
        case .box(let box):
            guard box.area > 0, box.intersection(whole) == box else { throw .boxOutside(box, size) }
            return box
        case .mask(let mask):
            guard mask.size == size else { throw .maskSize(expected: size, found: mask.size) }
            guard let box = mask.box else { throw .maskEmpty }
            return box
        case .polygon(let ring):
            guard ring.count >= 3, ring.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
                throw .polygonOutside(size)
            }
            let (x, y) = (ring.map(\.x), ring.map(\.y))
            let around = Box(x1: x.min() ?? 0, y1: y.min() ?? 0, x2: x.max() ?? 0, y2: y.max() ?? 0)
                .intersection(whole)
            guard around.area > 0 else { throw .polygonOutside(size) }
            return around
        case .point(let point):
            guard point.x >= 0, point.y >= 0, point.x < whole.x2, point.y < whole.y2 else {
                throw .pointOutside(point, size)
            }
            return Box(x1: point.x, y1: point.y, x2: point.x, y2: point.y)
        }
    }
}
