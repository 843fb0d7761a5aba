package import SpanielImaging

/// The overlap of the pixels above each threshold with those labelled in a picture.
package struct PixelAgreement: HeldOutEvidence, Sendable, Equatable {
    /// The thresholds that are compared: 0.05, 0.10 … 0.95.
    package static let thresholds = (1...19).map { Float($0) / 20 }

    /// For each threshold, the number of labelled pixels above it.
    package let shared: [Int]
    /// For each threshold, the number of pixels that are labelled or above it.
    package let either: [Int]

    package var foundNothing: Bool { false }

    /// - Parameters:
    ///   - probabilities: row after row, of the labelled mask's size.
    ///   - labelled: all pixels of the class in the picture.
    package init(_ probabilities: [Float], labelled: Mask) {
        let area = labelled.area
        let masks = Self.thresholds.map {
            Mask(width: labelled.width, height: labelled.height, above: $0, values: probabilities)
        }
        shared = masks.map { $0.intersectionArea(with: labelled) }
        either = zip(masks, shared).map { $0.area + area - $1 }
    }

    /// Returns the threshold at which the pixels of all pictures together have the highest IoU with the
    /// labelled ones, the middle one of equals.
    package static func verdict(of pictures: [Self], usual: Float) -> HeldOutVerdict? {
        let overlaps = thresholds.indices.map { t in
            let either = pictures.reduce(0) { $0 + $1.either[t] }
            return either > 0 ? Double(pictures.reduce(0) { $0 + $1.shared[t] }) / Double(either) : 0
        }
        guard let most = overlaps.max(), most > 0 else { return nil }
        let best = overlaps.indices.filter { overlaps[$0] == most }
        return HeldOutVerdict(threshold: thresholds[best[best.count / 2]], quality: most)
    }
}
