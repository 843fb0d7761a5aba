public import SpanielImaging
import Tensor

extension SAM {
    /// Masks of everything in a picture: a grid of points is asked for, and what is good, stable and new is
    /// kept.
    ///
    /// Defaults, comparisons and order are segment-anything's `SamAutomaticMaskGenerator` (SAM, section 4
    /// "automatic masks", appendix B).
    public struct AutomaticMaskGenerator: Sendable {
        public struct Options: Sendable {
            /// Points along a side of the picture.
            public var pointsPerSide: Int
            /// Points answered between two checks for cancellation; changes no result.
            public var pointsPerBatch: Int
            /// Masks whose predicted IoU is not above this are dropped.
            public var predictedIoU: Float
            /// Masks whose stability is below this are dropped.
            public var stability: Float
            /// How far the threshold moves for the stability, in logits.
            public var stabilityOffset: Float
            /// Of two masks of one crop whose boxes' IoU exceeds this, the better is kept.
            public var boxOverlap: Double
            /// Looks again at 2 × 2, then 4 × 4 … crops of the picture.
            public var cropLayers: Int
            /// Of two masks of several crops whose boxes' IoU exceeds this, the one of the smaller crop is
            /// kept.
            public var cropOverlap: Double
            /// What crops of the first layer share, as a part of the picture's shorter side.
            public var cropShare: Double
            /// How many times fewer points a side each layer of crops has.
            public var cropPointReduction: Int
            /// Holes and separate parts of fewer pixels are removed.
            public var minimumRegionArea: Int

            public init(
                pointsPerSide: Int = 32,
                pointsPerBatch: Int = 64,
                predictedIoU: Float = 0.88,
                stability: Float = 0.95,
                stabilityOffset: Float = 1,
                boxOverlap: Double = 0.7,
                cropLayers: Int = 0,
                cropOverlap: Double = 0.7,
                cropShare: Double = 512.0 / 1500,
                cropPointReduction: Int = 1,
                minimumRegionArea: Int = 0
            ) {
                self.pointsPerSide = pointsPerSide
                self.pointsPerBatch = pointsPerBatch
                self.predictedIoU = predictedIoU
                self.stability = stability
                self.stabilityOffset = stabilityOffset
                self.boxOverlap = boxOverlap
                self.cropLayers = cropLayers
                self.cropOverlap = cropOverlap
                self.cropShare = cropShare
                self.cropPointReduction = cropPointReduction
                self.minimumRegionArea = minimumRegionArea
            }
        }

        public let sam: SAM
        public var options: Options

        public init(_ sam: SAM, options: Options = Options()) {
            self.sam = sam
            self.options = options
        }

        /// The masks of a picture, by falling predicted IoU; with crops, those of smaller crops first.
        /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
        public func masks(in picture: Picture) throws -> [AutomaticMask] {
            try masks(in: picture.size) { crop in
                let encoding = try sam.encode(crop.picture(of: picture))
                return { answers($0, encoding) }
            }
        }

        /// The masks of an encoded picture, by falling predicted IoU; crops, which would have to be encoded,
        /// are not looked at.
        /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
        public func masks(in encoding: Encoding) throws -> [AutomaticMask] {
            var whole = self
            whole.options.cropLayers = 0
            return try whole.masks(in: encoding.frame.original) { _ in { answers($0, encoding) } }
        }

        private func answers(_ points: [Point], _ encoding: Encoding) -> [[Prediction]] {
            let (logits, scores) = sam.decode(
                prompts: points.map(Prompt.init(point:)), in: encoding, multimask: true)
            return points.indices.map { p in
                (0..<scores.shape[1]).map {
                    Prediction(
                        score: scores[p, $0], logits: logits[leading: p][leading: $0], frame: encoding.frame)
                }
            }
        }
    }
}

extension SAM.AutomaticMaskGenerator {
    /// - Parameter prepare: makes ready to answer points of a crop, in the crop's pixels.
    package func masks(
        in size: Size, prepare: (SAM.Crop) throws -> (_ points: [Point]) throws -> [[SAM.Prediction]]
    ) throws -> [SAM.AutomaticMask] {
        let crops = SAM.Crop.all(of: size, layers: options.cropLayers, overlap: options.cropShare)
        var found: [SAM.AutomaticMask] = []
        for crop in crops {
            let perSide =
                options.pointsPerSide
                / (0..<crop.layer).reduce(1) { count, _ in count * max(1, options.cropPointReduction) }
            let answer = try prepare(crop)
            var here: [SAM.AutomaticMask] = []
            let points = crop.points(perSide: perSide)
            for start in stride(from: 0, to: points.count, by: max(1, options.pointsPerBatch)) {
                try Task.checkCancellation()
                let batch = Array(points[start..<min(points.count, start + max(1, options.pointsPerBatch))])
                here += masks(
                    of: zip(batch, try answer(batch)).flatMap { point, answers in answers.map { (point, $0) }
                    }, crop, size)
            }
            found += suppressed(here, scores: here.map(\.predictedIoU), threshold: options.boxOverlap)
        }
        if crops.count > 1 {
            found = suppressed(
                found, scores: found.map { Float(1 / $0.crop.area) }, threshold: options.cropOverlap)
        }
        return options.minimumRegionArea > 0 ? cleaned(found) : found
    }

    /// The masks of a batch that are good, stable, and not cut off by the crop's edge.
    private func masks(
        of answers: [(point: Point, prediction: SAM.Prediction)], _ crop: SAM.Crop, _ size: Size
    ) -> [SAM.AutomaticMask] {
        let good = answers.filter { options.predictedIoU <= 0 || $0.prediction.score > options.predictedIoU }
        let masks = Parallel.map(good.count) { i -> SAM.AutomaticMask? in
            let (point, prediction) = good[i]
            let (mask, stability) = prediction.stableMask(offset: options.stabilityOffset)
            guard options.stability <= 0 || stability >= options.stability else { return nil }
            var box = mask.inclusiveBox
            (box.left, box.right) = (box.left + crop.x.lowerBound, box.right + crop.x.lowerBound)
            (box.top, box.bottom) = (box.top + crop.y.lowerBound, box.bottom + crop.y.lowerBound)
            guard !Self.isCut(box, by: crop, of: size) else { return nil }
            return SAM.AutomaticMask(
                mask: crop.size == size
                    ? mask : mask.placed(atX: crop.x.lowerBound, y: crop.y.lowerBound, in: size),
                predictedIoU: prediction.score, stability: stability,
                point: Point(x: point.x + Double(crop.x.lowerBound), y: point.y + Double(crop.y.lowerBound)),
                crop: crop.box, box: box)
        }
        return masks.compactMap(\.self)
    }

    /// Whether a box comes within 20 pixels of an edge of the crop that is not the picture's: the object goes
    /// on outside.
    private static func isCut(_ box: InclusiveBox, by crop: SAM.Crop, of size: Size) -> Bool {
        let sides = [
            (box.left, crop.x.lowerBound, 0), (box.top, crop.y.lowerBound, 0),
            (box.right, crop.x.upperBound, size.width),
            (box.bottom, crop.y.upperBound, size.height),
        ]
        return sides.contains { side, edge, picture in abs(side - edge) <= 20 && abs(side - picture) > 20 }
    }

    /// Without small holes and parts; of masks that became alike, those that needed no cleaning stay.
    private func cleaned(_ found: [SAM.AutomaticMask]) -> [SAM.AutomaticMask] {
        let cleaned = Parallel.map(found.count) { i -> (mask: SAM.AutomaticMask, changed: Bool) in
            let (filled, hadHoles) = found[i].mask.fillingHoles(below: options.minimumRegionArea)
            let (whole, hadIslands) = filled.removingIslands(below: options.minimumRegionArea)
            var mask = found[i]
            (mask.mask, mask.box) = (whole, whole.inclusiveBox)
            return (mask, hadHoles || hadIslands)
        }
        return suppressed(
            cleaned.map(\.mask), scores: cleaned.map { $0.changed ? 0 : 1 },
            threshold: max(options.boxOverlap, options.cropOverlap))
    }

    private func suppressed(_ masks: [SAM.AutomaticMask], scores: [Float], threshold: Double) -> [SAM
        .AutomaticMask]
    {
        nonMaximumSuppression(masks.map(\.box), scores: scores, threshold: threshold).map { masks[$0] }
    }
}
