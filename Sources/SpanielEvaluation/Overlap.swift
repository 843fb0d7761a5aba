import SpanielAnnotations
package import SpanielImaging

/// What an object covers, as a box or as pixels, ready to be compared with many others.
package enum Region {
    case box(Box)
    /// First and last position of each run, in columns from the left, with the box around them and how many
    /// pixels they are.
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

    /// How many pixels it covers.
    var area: Double {
        switch self {
        case .box(let box): (box.x2 - box.x1) * (box.y2 - box.y1)
        case .pixels(_, _, let area): Double(area)
        }
    }

    /// Intersection over union with a truth; with a crowd, over this region alone.
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

    /// How many positions two lists of runs share.
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
