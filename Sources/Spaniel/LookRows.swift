package import SpanielImaging
import Tensor

/// Closer looks as rows of features.
package struct LookRows {
    /// How a second look is learnt.
    package struct Options: Sendable {
        /// How often a labelled object is looked at, each time a little beside it and turned.
        package var variants: Int
        /// The ridge, in the looks' mean variance.
        package var ridge: Double

        package init(variants: Int = 2, ridge: Double = 3) {
            (self.variants, self.ridge) = (variants, ridge)
        }
    }

    private let options: Options
    /// What a look shows: a class, or nil for none.
    private var rows: [(className: String?, scene: Int, look: CloserLook)] = []

    /// The IoU with a label from which a place shows it, and below which it shows something else.
    private static let (same, other) = (0.5, 0.3)
    /// How far a look's edges are moved, as a share of the box.
    private static let shift = 0.1

    package init(_ options: Options) { self.options = options }

    /// Adds what was found in a picture.
    package mutating func add(
        _ candidates: [CloserCandidate], _ labelled: [LabelledRegion], scene: Int
    ) {
        for candidate in candidates {
            let box = candidate.box
            let isInCrowd = labelled.contains {
                $0.isCrowd && 2 * $0.box.intersection(box).area >= box.area
            }
            if isInCrowd { continue }
            let nearest = labelled.filter { !$0.isCrowd }.max { $0.box.iou(box) < $1.box.iou(box) }
            let overlap = nearest.map { $0.box.iou(box) } ?? 0
            if overlap >= Self.same {
                rows.append((nearest?.className, scene, candidate.looks[0]))
            } else if overlap < Self.other {
                rows.append((nil, scene, candidate.looks[0]))
            }
        }
    }

    /// Where to look at the labelled objects of a picture: moved a little and turned.
    package func glances(at labelled: [LabelledRegion], seed: UInt64) -> [(
        className: String, box: Box, orientation: Orientation
    )] {
        var noise = SplitMix(seed: seed)
        let turns: [Orientation] = [.upright, .rotated90, .rotated180, .rotated270]
        return labelled.filter { !$0.isCrowd }.flatMap { object in
            (0..<options.variants).map { variant in
                let shifts = (0..<4).map { _ in variant == 0 ? 0 : noise.next(in: -Self.shift...Self.shift) }
                let (width, height) = (object.box.width, object.box.height)
                let box = Box(
                    x1: object.box.x1 + shifts[0] * width, y1: object.box.y1 + shifts[1] * height,
                    x2: object.box.x2 + shifts[2] * width, y2: object.box.y2 + shifts[3] * height)
                return (object.className, box, turns[variant % turns.count])
            }
        }
    }

    /// Adds looks at labelled objects.
    package mutating func add(_ looks: some Sequence<(String, CloserLook)>, scene: Int) {
        for (className, look) in looks { rows.append((className, scene, look)) }
    }

    /// Fits a classifier for each class, which tells it from the others and from none.
    package func classifiers(
        _ classNames: [String], leavingOut isLeftOut: (_ scene: Int) -> Bool = { _ in false },
        from starts: [CloserClassifier]? = nil
    ) -> [CloserClassifier] {
        let own = classifiers(rows.map(\.look.own), classNames, isLeftOut, starts?.map(\.own))
        let others = rows.compactMap(\.look.other)
        guard !others.isEmpty, others.count == rows.count else {
            return own.map { CloserClassifier(own: $0) }
        }
        let known = starts?.compactMap(\.other)
        let other = classifiers(
            others, classNames, isLeftOut, known?.count == classNames.count ? known : nil)
        return zip(own, other).map { CloserClassifier(own: $0, other: $1) }
    }

    private func classifiers(
        _ features: [Tensor], _ classNames: [String], _ isLeftOut: (_ scene: Int) -> Bool,
        _ starts: [LinearClassifier]?
    ) -> [LinearClassifier] {
        let columns = Tensor.stack(features).transposed([1, 0])
        let counts = rows.map { isLeftOut($0.scene) ? 0 : 1 as Float }
        return classNames.enumerated().map { index, name in
            LinearClassifier(
                fitting: columns, rows.map { $0.className == name }, counts: counts, ridge: options.ridge,
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
