public import SpanielAnnotations

/// How many of the found objects are right and how many of the wanted ones were found, at one threshold of
/// the score.
///
///     precision = right / found     recall = right / wanted     F1 = 2 · right / (found + wanted)
///
/// An object is right when it overlaps a truth of its class that no better one took; crowds count on neither
/// side.
public struct PrecisionRecall: Sendable, Equatable {
    public struct Figures: Sendable, Equatable {
        public var right = 0
        public var found = 0
        public var wanted = 0

        /// nil: nothing was found.
        public var precision: Double? { found > 0 ? Double(right) / Double(found) : nil }
        /// nil: there is nothing to find.
        public var recall: Double? { wanted > 0 ? Double(right) / Double(wanted) : nil }
        public var f1: Double? { found + wanted > 0 ? 2 * Double(right) / Double(found + wanted) : nil }
    }

    public struct ClassFigures: Sendable, Equatable {
        public let name: String
        public let figures: Figures
    }

    /// All classes together.
    public let figures: Figures
    public let classes: [ClassFigures]

    /// - Parameters:
    ///   - threshold: found objects of a lower score are left out.
    ///   - overlap: the least intersection over union of a right one.
    public init(
        truth: LabelledSet, predictions: LabelledSet, kind: EvaluationKind, threshold: Double,
        overlap: Double = 0.5
    ) throws(EvaluationError) {
        self.init(
            try Pairing(truth: truth, predictions: predictions), kind: kind, threshold: threshold,
            overlap: overlap)
    }

    package init(_ pairing: Pairing, kind: EvaluationKind, threshold: Double, overlap: Double = 0.5) {
        var total = Figures()
        classes = zip(pairing.classes, pairing.cells).map { name, cells in
            var figures = Figures()
            for (place, var cell) in cells {
                cell.found.removeAll { ($0.score ?? 1) < threshold }
                let matches = Matches(
                    cell, size: pairing.sizes[place], kind: kind, overlaps: [overlap],
                    areas: [COCORules.areas[0]], limit: .max)
                figures.wanted += matches.wanted[0]
                for found in matches.found where found.ignored[0] == 0 {
                    figures.found += 1
                    figures.right += found.matched[0] == 0 ? 0 : 1
                }
            }
            total.right += figures.right
            total.found += figures.found
            total.wanted += figures.wanted
            return ClassFigures(name: name, figures: figures)
        }
        figures = total
    }
}
