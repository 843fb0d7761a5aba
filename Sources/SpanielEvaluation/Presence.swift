public import SpanielAnnotations

/// Whether scores tell the pictures that show a class from those that do not: the area under the ROC curve,
/// 0.5 by chance.
///
/// A picture's score is its best object's, and below every score where nothing was found:
///
///     AUROC = P(shown > not shown) + ½ P(equal)
public struct Presence: Sendable, Equatable {
    public struct ClassFigures: Sendable, Equatable {
        public let name: String
        /// nil: every picture shows the class, or none does.
        public let auroc: Double?
        public let shown: Int
        public let notShown: Int
    }

    public let classes: [ClassFigures]

    /// The mean over the classes that have one.
    public var auroc: Double? { mean(classes.compactMap(\.auroc)) }

    public init(truth: LabelledSet, predictions: LabelledSet) throws(EvaluationError) {
        self.init(try Pairing(truth: truth, predictions: predictions))
    }

    package init(_ pairing: Pairing) {
        classes = zip(pairing.classes, pairing.cells).map { name, cells in
            var shown: [Double] = []
            var notShown: [Double] = []
            for cell in cells.values {
                let score = cell.found.map { $0.score ?? 1 }.max() ?? -.infinity
                if cell.truth.isEmpty { notShown.append(score) } else { shown.append(score) }
            }
            // There may be thousands of classes and pictures: those without anything of the class are only
            // counted.
            let silent = pairing.sizes.count - cells.count
            return ClassFigures(
                name: name, auroc: Self.area(shown, notShown, silent: silent), shown: shown.count,
                notShown: notShown.count + silent)
        }
    }

    /// The share of pairs in the right order, equal ones counted half.
    ///
    /// - Parameter silent: how many further pictures do not show it and got no score.
    package static func area(_ shown: [Double], _ notShown: [Double], silent: Int = 0) -> Double? {
        guard !shown.isEmpty, notShown.count + silent > 0 else { return nil }
        let others = notShown.sorted()
        var right = 0.0
        for score in shown {
            let below = lowerBound(others, score) { $0 < $1 }
            let notAbove = lowerBound(others, score) { $0 <= $1 }
            right +=
                Double(below) + Double(notAbove - below) / 2 + Double(silent) * (score > -.infinity ? 1 : 0.5)
        }
        return right / (Double(shown.count) * Double(notShown.count + silent))
    }

    /// How many of the sorted values come before.
    private static func lowerBound(_ values: [Double], _ value: Double, _ isBefore: (Double, Double) -> Bool)
        -> Int
    {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(values[middle], value) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
