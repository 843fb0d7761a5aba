public import SpanielImaging

extension LabelledObject {
    /// The pixels of the object: those of its shape, or of its box if there is none.
    public func mask(size: Size) -> Mask { shape?.mask(size: size) ?? Mask(box: box, size: size) }
}

extension LabelledObject.Shape {
    /// Takes the run lengths of a mask.
    public init(_ mask: Mask) { self = .mask(mask.rle) }

    /// Takes rings along the edges of the pixels if they express the mask exactly, and run lengths if it has
    /// holes.
    public init(outlining mask: Mask) {
        let polygons = mask.polygons()
        self = polygons.contains { !$0.holes.isEmpty } ? .mask(mask.rle) : .polygons(polygons)
    }

    /// The pixels as pycocotools counts them: parts are added up, and from each part what its holes cover is
    /// taken away.
    ///
    /// Rings along the edges of pixels give exactly those pixels.
    ///
    /// - Parameter size: the picture's; run lengths keep their own.
    public func mask(size: Size) -> Mask {
        switch self {
        case .mask(let rle): return Mask(rle)
        case .polygons(let polygons):
            if polygons.allSatisfy(\.holes.isEmpty) {
                return Mask(polygon: polygons.map(\.outer), size: size)
            }
            var mask = Mask(size: size)
            for polygon in polygons {
                let outer = Mask(polygon: [polygon.outer], size: size)
                mask.formUnion(
                    polygon.holes.isEmpty
                        ? outer : outer.subtracting(Mask(polygon: polygon.holes, size: size)))
            }
            return mask
        }
    }

    /// The parts with their holes; those of run lengths follow the edges of the pixels.
    public var polygons: [Polygon] {
        switch self {
        case .polygons(let polygons): polygons
        case .mask(let rle): Mask(rle).polygons()
        }
    }

    /// The run lengths, as COCO's evaluation needs them.
    package func rle(size: Size) -> RLE {
        switch self {
        case .mask(let rle): rle
        case .polygons(let polygons) where polygons.allSatisfy(\.holes.isEmpty):
            RLE(polygon: polygons.map(\.outer), size: size)
        case .polygons: mask(size: size).rle
        }
    }

    /// The smallest box around it; nil if it has no corner or no pixel.
    public var box: Box? {
        switch self {
        case .mask(let rle): return rle.box
        case .polygons(let polygons):
            let points = polygons.lazy.flatMap(\.outer)
            guard let first = points.first else { return nil }
            var box = Box(x1: first.x, y1: first.y, x2: first.x, y2: first.y)
            for point in points {
                box = Box(
                    x1: min(box.x1, point.x), y1: min(box.y1, point.y), x2: max(box.x2, point.x),
                    y2: max(box.y2, point.y))
            }
            return box
        }
    }

    /// Whether it says nothing but pixels: run lengths, or rings along the pixels' edges.
    var followsPixels: Bool {
        guard case .polygons(let polygons) = self else { return true }
        return polygons.allSatisfy { polygon in
            ([polygon.outer] + polygon.holes).allSatisfy { ring in
                zip(ring, ring.dropFirst() + ring.prefix(1)).allSatisfy { a, b in
                    a.x == a.x.rounded() && a.y == a.y.rounded() && (a.x == b.x || a.y == b.y)
                }
            }
        }
    }

    /// One ring without holes, which every polygon format holds.
    var ring: [Point]? {
        guard case .polygons(let polygons) = self, polygons.count == 1, polygons[0].holes.isEmpty else {
            return nil
        }
        return polygons[0].outer
    }
}

extension RLE {
    /// The smallest box around the pixels, from the runs alone; nil when there are none.
    package var box: Box? {
        let height = size.height
        guard height > 0 else { return nil }
        var (left, right, top, bottom) = (Int.max, -1, Int.max, -1)
        var position = 0
        for (index, count) in counts.enumerated() {
            defer { position += count }
            guard index % 2 == 1, count > 0 else { continue }
            let last = position + count - 1
            let (x1, x2) = (position / height, last / height)
            left = min(left, x1)
            right = max(right, x2)
            top = x1 == x2 ? min(top, position % height) : 0
            bottom = x1 == x2 ? max(bottom, last % height) : height - 1
        }
        guard right >= 0 else { return nil }
        return Box(x1: Double(left), y1: Double(top), x2: Double(right + 1), y2: Double(bottom + 1))
    }
}
