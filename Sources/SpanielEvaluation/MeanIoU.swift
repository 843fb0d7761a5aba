public import SpanielAnnotations
import SpanielImaging

/// Intersection over union of whole classes, as PerSAM's evaluation has it: a class's pixels in all its
/// pictures are summed up first.
///
///     IoU = Σ |truth ∩ found| / Σ |truth ∪ found|     accuracy = Σ |truth ∩ found| / Σ |truth|
///
/// Over the pictures that show the class in truth; objects of a class in one picture are joined, boxes count
/// as their pixels.
public struct MeanIoU: Sendable, Equatable {
    public struct ClassFigures: Sendable, Equatable {
        public let name: String
        /// nil: no picture shows the class.
        public let iou: Double?
        public let accuracy: Double?
        public let pictures: Int
    }

    public let classes: [ClassFigures]

    /// The mean over the classes that a picture shows; nil when none does.
    public var iou: Double? { mean(classes.compactMap(\.iou)) }
    public var accuracy: Double? { mean(classes.compactMap(\.accuracy)) }

    /// - Parameter threshold: found objects of a lower score are left out.
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
