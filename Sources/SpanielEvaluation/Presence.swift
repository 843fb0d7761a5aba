import SpanielAnnotations

/// Whether scores tell the pictures that show a class from those that do not: the area under the ROC curve, 0.5 by chance.
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
            for place in pairing.sizes.indices {
                let cell = cells[place]
                let score = cell?.found.map { $0.score ?? 1 }.max() ?? -.infinity
                if cell?.truth.isEmpty ?? true { notShown.append(score) } else { shown.append(score) }
            }
            return ClassFigures(name: name, auroc: Self.area(shown, notShown), shown: shown.count, notShown: notShown.count)
        }
    }

    /// The share of pairs in the right order, equal ones counted half.
    package static func area(_ shown: [Double], _ notShown: [Double]) -> Double? {
        guard !shown.isEmpty, !notShown.isEmpty else { return nil }
        let others = notShown.sorted()
        var right = 0.0
        for score in shown {
            let below = lowerBound(others, score) { $0 < $1 }
            let notAbove = lowerBound(others, score) { $0 <= $1 }
            right += Double(below) + Double(notAbove - below) / 2
        }
        return right / (Double(shown.count) * Double(notShown.count))
    }

    /// How many of the sorted values come before.
    private static func lowerBound(_ values: [Double], _ value: Double, _ isBefore: (Double, Double) -> Bool) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(values[middle], value) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
