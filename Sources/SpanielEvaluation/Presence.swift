public import SpanielAnnotations

/// Measures whether scores tell the pictures that show a class from the others: the area under the ROC curve,
/// 0.5 by chance.
///
/// The score of a picture is that of its best object; a picture where nothing was found ranks below all
/// others:
///
///     AUROC = P(shown > not shown) + ½ P(equal)
///
///     let result = try Presence(truth: labels, predictions: found)
///     print(result.auroc ?? 0)  // such as 0.97
public struct Presence: Sendable, Equatable {
    /// The figures of one class.
    public struct ClassFigures: Sendable, Equatable {
        /// The name of the class.
        public let name: String
        /// The area under the ROC curve, 0…1; nil if every picture shows the class, or none does.
        public let auroc: Double?
        /// The number of pictures that show the class.
        public let shown: Int
        /// The number of pictures that do not show the class.
        public let notShown: Int
    }

    /// The figures of each class, in the order of the truth.
    public let classes: [ClassFigures]

    /// The mean area over the classes that have one, 0…1; nil if none has.
    public var auroc: Double? { mean(classes.compactMap(\.auroc)) }

    /// Compares the best score of each picture with what the truth says it shows.
    /// - Parameters:
    ///   - truth: the labelled pictures, also those that show nothing.
    ///   - predictions: the found objects with their scores.
    /// - Throws: `EvaluationError` if the two sets have no picture or class in common, a picture has two
    ///   sizes, or a score is NaN.
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
            // There may be thousands of classes and pictures, so pictures without anything of the class are
            // only counted.
            let silent = pairing.sizes.count - cells.count
            return ClassFigures(
                name: name, auroc: Self.area(shown, notShown, silent: silent), shown: shown.count,
                notShown: notShown.count + silent)
        }
    }

    /// The share of pairs in the right order; equal ones count half.
    ///
    /// - Parameter silent: the number of further pictures that do not show the class and got no score.
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

    /// The number of sorted values that come before a value.
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
