import SpanielImaging

extension Example {
    /// The object's pixels. A box counts as a mask of its own: what lies in it is the object.
    /// - Throws: `CLIPSegError` where the region cannot be this picture's.
    func segmentationMask() throws(CLIPSegError) -> Mask {
        let size = picture.size
        switch region {
        case .mask(let mask):
            guard mask.size == size else { throw .maskSize(expected: size, found: mask.size) }
            if mask.isEmpty { throw .maskEmpty }
            return mask
        case .polygon(let ring):
            guard ring.count >= 3, ring.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
                throw .polygonOutside(size)
            }
            let mask = Mask(polygons: [Polygon(outer: ring)], size: size)
            if mask.isEmpty { throw .polygonOutside(size) }
            return mask
        case .box(let box):
            let whole = Box(x1: 0, y1: 0, x2: Double(size.width), y2: Double(size.height))
            guard box.area > 0, box.intersection(whole) == box else { throw .boxOutside(box, size) }
            return Mask(box: box, size: size)
        case .point: throw .pointExample
        }
    }
}
