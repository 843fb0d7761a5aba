public import SpanielAnnotations

/// The share of found objects that are right, and of wanted objects that were found, at one threshold of the
/// score.
///
///     precision = right / found     recall = right / wanted     F1 = 2 · right / (found + wanted)
///
/// An object is right if it overlaps a truth of its class that no better object took; crowds count on neither
/// side.
///
///     let result = try PrecisionRecall(truth: labels, predictions: found, kind: .boxes, threshold: 0.5)
///     print(result.figures.right, result.figures.found, result.figures.wanted)
///     // such as 18 20 19
public struct PrecisionRecall: Sendable, Equatable {
    /// The numbers of objects, and the three figures made of them.
    public struct Figures: Sendable, Equatable {
        /// The number of found objects that are right.
        public var right = 0
        /// The number of found objects, those that overlap a crowd left out.
        public var found = 0
        /// The number of objects to find, crowds left out.
        public var wanted = 0

        /// The precision, 0…1; nil if nothing was found.
        public var precision: Double? { found > 0 ? Double(right) / Double(found) : nil }
        /// The recall, 0…1; nil if there is nothing to find.
        public var recall: Double? { wanted > 0 ? Double(right) / Double(wanted) : nil }
        /// The harmonic mean of precision and recall, 0…1; nil if nothing was found and there is nothing to
        /// find.
        public var f1: Double? { found + wanted > 0 ? 2 * Double(right) / Double(found + wanted) : nil }
    }

    /// The figures of one class.
    public struct ClassFigures: Sendable, Equatable {
        /// The name of the class.
        public let name: String
        /// The figures of this class alone.
        public let figures: Figures
    }

    /// The figures of all classes together.
    public let figures: Figures
    /// The figures of each class, in the order of the truth.
    public let classes: [ClassFigures]

    /// Judges found objects at one threshold.
    /// - Parameters:
    ///   - truth: the labelled pictures.
    ///   - predictions: the found objects; one without a score counts as 1.
    ///   - kind: whether boxes or pixels are compared.
    ///   - threshold: the score, in the predictions' own scale, below which found objects are left out.
    ///   - overlap: the least intersection over union of a right object, 0…1. Default: 0.5.
    /// - Throws: `EvaluationError` if the two sets have no picture or class in common, a picture has two
    ///   sizes, or a score is NaN.
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
