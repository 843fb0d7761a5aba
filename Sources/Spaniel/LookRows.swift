import OWLViT
import SpanielImaging
import Tensor

/// Closer looks as rows of features.
struct LookRows {
    /// What a look shows: a class, or nil for none.
    private var rows: [(className: String?, scene: Int, features: Tensor)] = []
    /// Which looks at a candidate count: the detector's, or those with other features.
    private let looks: @Sendable (CloserDetector.Candidate) -> [Tensor]

    init(_ looks: @escaping @Sendable (CloserDetector.Candidate) -> [Tensor] = { $0.looks }) {
        self.looks = looks
    }

    /// The IoU with a label from which a place shows it, and below which it shows something else.
    private static let (same, other) = (0.5, 0.3)
    /// How often a labelled object is looked at, each time a little beside it and turned.
    private static let variants = 2
    /// The ridge, in the looks' mean variance.
    private static let ridge = 3.0
    /// How far a look's edges are moved, as a share of the box.
    private static let shift = 0.1

    /// Adds what was found in a picture.
    mutating func add(
        _ candidates: [CloserDetector.Candidate], _ labelled: [LabelledRegion], scene: Int
    ) {
        for candidate in candidates {
            let box = candidate.place.box
            let isInCrowd = labelled.contains {
                $0.isCrowd && 2 * $0.box.intersection(box).area >= box.area
            }
            if isInCrowd { continue }
            let nearest = labelled.filter { !$0.isCrowd }.max { $0.box.iou(box) < $1.box.iou(box) }
            let overlap = nearest.map { $0.box.iou(box) } ?? 0
            if overlap >= Self.same {
                rows.append((nearest?.className, scene, looks(candidate)[0]))
            } else if overlap < Self.other {
                rows.append((nil, scene, looks(candidate)[0]))
            }
        }
    }

    /// Where to look at the labelled objects of a picture: moved a little and turned.
    static func glances(at labelled: [LabelledRegion], seed: UInt64) -> [(
        className: String, box: Box, orientation: Orientation
    )] {
        var noise = SplitMix(seed: seed)
        let turns: [Orientation] = [.upright, .rotated90, .rotated180, .rotated270]
        return labelled.filter { !$0.isCrowd }.flatMap { object in
            (0..<variants).map { variant in
                let shifts = (0..<4).map { _ in variant == 0 ? 0 : noise.next(in: -shift...shift) }
                let (width, height) = (object.box.width, object.box.height)
                let box = Box(
                    x1: object.box.x1 + shifts[0] * width, y1: object.box.y1 + shifts[1] * height,
                    x2: object.box.x2 + shifts[2] * width, y2: object.box.y2 + shifts[3] * height)
                return (object.className, box, turns[variant % turns.count])
            }
        }
    }

    /// Adds looks at labelled objects.
    mutating func add(_ looks: some Sequence<(String, Tensor)>, scene: Int) {
        for (className, features) in looks { rows.append((className, scene, features)) }
    }

    /// Fits a classifier for each class, which tells it from the others and from none.
    func classifiers(
        _ classNames: [String], leavingOut isLeftOut: (_ scene: Int) -> Bool = { _ in false },
        from starts: [OWLViT.LinearClassifier]? = nil
    ) -> [OWLViT.LinearClassifier] {
        let columns = Tensor.stack(rows.map(\.features)).transposed([1, 0])
        let counts = rows.map { isLeftOut($0.scene) ? 0 : 1 as Float }
        return classNames.enumerated().map { index, name in
            OWLViT.LinearClassifier(
                fitting: columns, rows.map { $0.className == name }, counts: counts,
                ridge: Self.ridge, positiveWeight: 1,
                from: starts?[index])
        }
    }
}

/// The generator SplitMix64 (Steele et al. 2014): the same numbers from the same seed on every machine.
package struct SplitMix {
    private var state: UInt64

    package init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number of a range, evenly spread.
    package mutating func next(in range: ClosedRange<Double>) -> Double {
        let z = next()
        return range.lowerBound + (range.upperBound - range.lowerBound) * Double(z >> 11) * 0x1p-53
    }
}
