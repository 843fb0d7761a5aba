import SpanielAnnotations
package import SpanielImaging

/// The area of an object, as a box or as pixels, prepared for comparing it with many others.
package enum Region {
    case box(Box)
    /// The runs of positions, down the columns from the left, with the box around them and the number of
    /// pixels.
    case pixels(runs: [Range<Int>], box: Box, area: Int)

    init(_ object: LabelledObject, size: Size, kind: EvaluationKind) {
        guard kind == .masks else {
            self = .box(object.box)
            return
        }
        let box = object.box
        let corners = [
            Point(x: box.x1, y: box.y1), Point(x: box.x1, y: box.y2), Point(x: box.x2, y: box.y2),
            Point(x: box.x2, y: box.y1),
        ]
        self.init(object.shape?.rle(size: size) ?? RLE(polygon: [corners], size: size))
    }

    init(_ rle: RLE) {
        self = .pixels(runs: rle.runs, box: rle.box ?? Box(x1: 0, y1: 0, x2: 0, y2: 0), area: rle.area)
    }

    /// The number of pixels that it covers.
    var area: Double {
        switch self {
        case .box(let box): (box.x2 - box.x1) * (box.y2 - box.y1)
        case .pixels(_, _, let area): Double(area)
        }
    }

    /// The intersection over union with a truth; with a crowd, the intersection over the area of this region
    /// alone.
    func overlap(with truth: Region, isCrowd: Bool) -> Double {
        switch (self, truth) {
        case (.box(let a), .box(let b)):
            let width = min(a.x2, b.x2) - max(a.x1, b.x1)
            let height = min(a.y2, b.y2) - max(a.y1, b.y1)
            guard width > 0, height > 0 else { return 0 }
            let shared = width * height
            return shared / (isCrowd ? area : area + truth.area - shared)
        case (.pixels(let runs, let box, let area), .pixels(let others, let otherBox, let otherArea)):
            guard box.intersection(otherBox).area > 0 else { return 0 }
            let shared = Self.shared(runs, others)
            let union = isCrowd ? area : area + otherArea - shared
            return union > 0 ? Double(shared) / Double(union) : 0
        default: preconditionFailure("Region: a box against pixels")
        }
    }

    /// The number of positions that two lists of runs share.
    static func shared(_ a: [Range<Int>], _ b: [Range<Int>]) -> Int {
        var (i, j, shared) = (0, 0, 0)
        while i < a.count, j < b.count {
            let start = max(a[i].lowerBound, b[j].lowerBound)
            let end = min(a[i].upperBound, b[j].upperBound)
            if start < end { shared += end - start }
            if a[i].upperBound < b[j].upperBound { i += 1 } else { j += 1 }
        }
        return shared
    }
}
