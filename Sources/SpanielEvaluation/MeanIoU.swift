public import SpanielAnnotations
import SpanielImaging

/// The intersection over union of whole classes, as in PerSAM's evaluation: the pixels of a class are summed
/// over all its pictures first.
///
///     IoU = Σ |truth ∩ found| / Σ |truth ∪ found|     accuracy = Σ |truth ∩ found| / Σ |truth|
///
/// The sums run over the pictures that show the class in truth; the objects of a class in one picture are
/// joined, and boxes count as their pixels.
///
///     let result = try MeanIoU(truth: labels, predictions: found)
///     print(result.iou ?? 0, result.classes.map { "\($0.name): \($0.pictures)" })
///     // such as 0.83 ["boot: 12", "mug: 7"]
public struct MeanIoU: Sendable, Equatable {
    /// The figures of one class.
    public struct ClassFigures: Sendable, Equatable {
        /// The name of the class.
        public let name: String
        /// The intersection over union, 0…1; nil if no picture shows the class.
        public let iou: Double?
        /// The share of the class's true pixels that were found, 0…1; nil if no picture shows the class.
        public let accuracy: Double?
        /// The number of pictures that show the class.
        public let pictures: Int
    }

    /// The figures of each class, in the order of the truth.
    public let classes: [ClassFigures]

    /// The mean intersection over union of the classes that a picture shows, 0…1; nil if there is none.
    public var iou: Double? { mean(classes.compactMap(\.iou)) }
    /// The mean accuracy of the classes that a picture shows, 0…1; nil if there is none.
    public var accuracy: Double? { mean(classes.compactMap(\.accuracy)) }

    /// Compares the pixels of found objects with those of the truth.
    /// - Parameters:
    ///   - truth: the labelled pictures.
    ///   - predictions: the found objects; one without a score counts as 1.
    ///   - threshold: the score below which found objects are left out. Default: 0.
    /// - Throws: `EvaluationError` if the two sets have no picture or class in common, a picture has two
    ///   sizes, or a score is NaN.
    public init(truth: LabelledSet, predictions: LabelledSet, threshold: Double = 0) throws(EvaluationError) {
        self.init(try Pairing(truth: truth, predictions: predictions), threshold: threshold)
    }

    package init(_ pairing: Pairing, threshold: Double = 0) {
        classes = zip(pairing.classes, pairing.cells).map { name, cells in
            var (shared, either, wanted, pictures) = (0, 0, 0, 0)
            for (place, cell) in cells where !cell.truth.isEmpty {
                let size = pairing.sizes[place]
                let truth = Self.joined(cell.truth, size)
                let found = Self.joined(cell.found.filter { ($0.score ?? 1) >= threshold }, size)
                let both = Region.shared(truth.runs, found.runs)
                shared += both
                either += truth.area + found.area - both
                wanted += truth.area
                pictures += 1
            }
            return ClassFigures(
                name: name, iou: either > 0 ? Double(shared) / Double(either) : nil,
                accuracy: wanted > 0 ? Double(shared) / Double(wanted) : nil, pictures: pictures)
        }
    }

    private static func joined(_ objects: [LabelledObject], _ size: Size) -> RLE {
        RLE(
            joining: objects.flatMap { ($0.shape?.rle(size: size) ?? $0.mask(size: size).rle).runs },
            size: size)
    }
}

func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
