public import SpanielAnnotations

/// COCO's average precision and recall, computed as pycocotools does.
///
///     let result = try AveragePrecision(truth: labels, predictions: found, kind: .boxes)
///     print(result.figures.ap50 ?? 0, result.classes.map(\.name))
///     // such as 0.91 ["boot", "mug"]
///
/// It is our own because no Swift package computes these figures; tests hold it against pycocotools.
public struct AveragePrecision: Sendable, Equatable {
    /// The twelve figures, each 0…1, or nil if there is nothing to find (where pycocotools says −1).
    public struct Figures: Sendable, Equatable {
        /// The average precision: the mean over the overlaps 0.50, 0.55 … 0.95.
        public var ap: Double?
        /// The average precision at an overlap of 0.5.
        public var ap50: Double?
        /// The average precision at an overlap of 0.75.
        public var ap75: Double?
        /// The average precision of objects of at most 32² pixels.
        public var apSmall: Double?
        /// The average precision of objects from 32² to 96² pixels.
        public var apMedium: Double?
        /// The average precision of objects of at least 96² pixels.
        public var apLarge: Double?
        /// The average recall with the best object of each picture and class.
        public var ar1: Double?
        /// The average recall with the best 10 objects of each picture and class.
        public var ar10: Double?
        /// The average recall with the best 100 objects of each picture and class.
        public var ar100: Double?
        /// The average recall of objects of at most 32² pixels.
        public var arSmall: Double?
        /// The average recall of objects from 32² to 96² pixels.
        public var arMedium: Double?
        /// The average recall of objects of at least 96² pixels.
        public var arLarge: Double?

        /// All figures in the order of pycocotools' `stats`.
        public var all: [Double?] {
            [ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge]
        }
    }

    /// The figures of one class.
    public struct ClassFigures: Sendable, Equatable {
        /// The name of the class.
        public let name: String
        /// The figures of this class alone.
        public let figures: Figures
        /// The number of objects to find, crowds left out.
        public let truths: Int
    }

    /// The figures of all classes: means over those that have an object to find.
    public let figures: Figures
    /// The figures of each class, in the order of the truth.
    public let classes: [ClassFigures]
    /// The number of found objects that were left out because the truth lacks their picture or class.
    public let unmatched: Int

    /// Judges found objects as pycocotools does.
    ///
    /// - Parameters:
    ///   - truth: the labelled pictures.
    ///   - predictions: the found objects with their scores; pictures go together by path or by file name,
    ///     classes by name.
    ///   - kind: whether boxes or pixels are compared.
    /// - Throws: `EvaluationError` if the two sets have no picture or class in common, a picture has two
    ///   sizes, or a score is NaN.
    public init(truth: LabelledSet, predictions: LabelledSet, kind: EvaluationKind) throws(EvaluationError) {
        self.init(try Pairing(truth: truth, predictions: predictions), kind: kind)
    }

    package init(_ pairing: Pairing, kind: EvaluationKind) {
        var curves: [Curves] = []
        for cells in pairing.cells {
            let matches = cells.keys.sorted { pairing.ranks[$0] < pairing.ranks[$1] }.map { place in
                Matches(
                    cells[place]!, size: pairing.sizes[place], kind: kind, overlaps: COCORules.overlaps,
                    areas: COCORules.areas,
                    limit: COCORules.maxima.last!)
            }
            curves.append(Curves(matches))
        }
        figures = Figures(curves)
        classes = zip(pairing.classes, curves).map {
            ClassFigures(name: $0, figures: Figures([$1]), truths: $1.wanted[0])
        }
        unmatched = pairing.unmatched
    }
}

extension AveragePrecision.Figures {
    fileprivate init(_ curves: [Curves]) {
        func precision(_ area: Int, _ overlaps: Range<Int> = 0..<10) -> Double? {
            let counted = curves.filter { $0.wanted[area] > 0 }
            let sum = counted.reduce(0) { sum, curve in
                overlaps.reduce(sum) { $0 + curve.precision[area][$1] }
            }
            return counted.isEmpty ? nil : sum / Double(counted.count * overlaps.count)
        }
        func recall(_ area: Int, _ maximum: Int) -> Double? {
            let counted = curves.filter { $0.wanted[area] > 0 }
            let sum = counted.reduce(0) { sum, curve in curve.recall[area][maximum].reduce(sum, +) }
            return counted.isEmpty ? nil : sum / Double(counted.count * 10)
        }
        self.init(
            ap: precision(0), ap50: precision(0, 0..<1), ap75: precision(0, 5..<6), apSmall: precision(1),
            apMedium: precision(2),
            apLarge: precision(3), ar1: recall(0, 0), ar10: recall(0, 1), ar100: recall(0, 2),
            arSmall: recall(1, 2),
            arMedium: recall(2, 2), arLarge: recall(3, 2))
    }
}

/// The precision and recall of one class over all pictures.
private struct Curves {
    /// The number of truths to find, for each area range.
    let wanted: [Int]
    /// The mean of the precision at 101 recalls, for each area range and overlap.
    private(set) var precision: [[Double]] = []
    /// The recall, for each area range, maximum and overlap.
    private(set) var recall: [[[Double]]] = []

    init(_ matches: [Matches]) {
        let found = matches.flatMap(\.found)
        let order = found.indices.sorted {
            found[$0].score > found[$1].score || found[$0].score == found[$1].score && $0 < $1
        }
        wanted = COCORules.areas.indices.map { area in matches.reduce(0) { $0 + $1.wanted[area] } }
        for area in COCORules.areas.indices {
            var precisions: [Double] = []
            var recalls = COCORules.maxima.map { _ in [Double]() }
            for t in COCORules.overlaps.indices {
                let bit: UInt16 = 1 << UInt16(t)
                let counted = order.filter { found[$0].ignored[area] & bit == 0 }
                let isRight = counted.map { found[$0].matched[area] & bit != 0 }
                precisions.append(Self.meanPrecision(isRight, wanted: wanted[area]))
                for (m, maximum) in COCORules.maxima.enumerated() {
                    let right = zip(counted, isRight).count { $1 && found[$0].rank < maximum }
                    recalls[m].append(wanted[area] > 0 ? Double(right) / Double(wanted[area]) : 0)
                }
            }
            precision.append(precisions)
            recall.append(recalls)
        }
    }

    /// The mean over 101 recalls of the best precision at that recall or a higher one.
    private static func meanPrecision(_ isRight: [Bool], wanted: Int) -> Double {
        guard wanted > 0 else { return 0 }
        var right = 0
        var recalls: [Double] = []
        var precisions: [Double] = []
        for (index, isRight) in isRight.enumerated() {
            if isRight { right += 1 }
            recalls.append(Double(right) / Double(wanted))
            precisions.append(Double(right) / (Double(index + 1) + 0x1p-52))
        }
        for index in precisions.indices.dropFirst().reversed() {
            precisions[index - 1] = max(precisions[index - 1], precisions[index])
        }
        var sum = 0.0
        var index = 0
        for recall in COCORules.recalls {
            while index < recalls.count, recalls[index] < recall { index += 1 }
            if index < recalls.count { sum += precisions[index] }
        }
        return sum / Double(COCORules.recalls.count)
    }
}
