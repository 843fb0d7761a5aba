public import SpanielImaging
import Tensor

extension SAM {
    /// Finds masks of everything in a picture: a grid of points is prompted, and the masks that are good,
    /// stable and new are returned.
    ///
    ///     let generator = SAM.AutomaticMaskGenerator(sam)
    ///     print(try generator.masks(in: Picture(contentsOf: Starters.shelf)).count) // 5
    ///
    /// Defaults, comparisons and order are those of segment-anything's `SamAutomaticMaskGenerator` (SAM,
    /// section 4 "automatic masks", appendix B).
    public struct AutomaticMaskGenerator: Sendable {
        /// Which points are prompted, and which masks are returned.
        ///
        /// Lower `predictedIoU` and `stability` if masks are missing; set `cropLayers` to 1 for objects that
        /// are small in the picture, which takes several times as long.
        public struct Options: Sendable {
            /// The number of points along a side of the picture; 32 by default, which makes 1,024 prompts.
            public var pointsPerSide: Int
            /// The number of points between two checks for cancellation; it changes no result.
            public var pointsPerBatch: Int
            /// The predicted IoU that a mask must exceed; 0 or less returns every mask.
            public var predictedIoU: Float
            /// The least stability of a mask, 0…1; 0 or less returns every mask.
            public var stability: Float
            /// The logit that stability is measured at: the area above it over the area above its negative.
            public var stabilityOffset: Float
            /// The IoU of two boxes of one crop above which only the better mask is returned.
            public var boxOverlap: Double
            /// The number of further layers, in which the picture is searched again in 2 × 2 crops, then in
            /// 4 × 4, and so on; 0 by default.
            public var cropLayers: Int
            /// The IoU of two boxes of different crops above which only the smaller crop's mask is returned.
            public var cropOverlap: Double
            /// The overlap of neighbouring crops of the first layer, as a share of the picture's shorter
            /// side.
            public var cropShare: Double
            /// The factor by which the points along a side of a crop become fewer with each layer.
            public var cropPointReduction: Int
            /// The area in pixels below which holes are filled and separate parts removed; 0 leaves masks as
            /// they are.
            public var minimumRegionArea: Int

            /// The defaults are segment-anything's.
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

        /// The model that is prompted.
        public let sam: SAM
        /// Which points are prompted, and which masks are returned.
        public var options: Options

        /// A generator for a loaded model.
        public init(_ sam: SAM, options: Options = Options()) {
            self.sam = sam
            self.options = options
        }

        /// Finds the masks of a picture; the picture and its crops are encoded.
        /// - Returns: the masks by falling predicted IoU; with crops, those of smaller crops first.
        /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
        public func masks(in picture: Picture) throws -> [AutomaticMask] {
            try masks(in: picture.size) { crop in
                let encoding = try sam.encode(crop.picture(of: picture))
                return { answers($0, encoding) }
            }
        }

        /// Finds the masks of an encoded picture without crops, which would have to be encoded.
        /// - Returns: the masks by falling predicted IoU.
        /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
        public func masks(in encoding: Encoding) throws -> [AutomaticMask] {
            var whole = self
            whole.options.cropLayers = 0
            return try whole.masks(in: encoding.frame.original) { _ in { answers($0, encoding) } }
        }

        private func answers(_ points: [Point], _ encoding: Encoding) -> [[Prediction]] {
            sam.predictions(for: points.map(Prompt.init(point:)), in: encoding, multimask: true)
        }
    }
}

extension SAM.AutomaticMaskGenerator {
    /// Finds the masks of a picture of a given size.
    /// - Parameter prepare: prepares a crop, and returns a function that answers points in the crop's pixels.
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

    /// Returns the masks of a batch that are good, stable, and not cut off by the crop's edge.
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
                predictedIoU: prediction.score, presence: prediction.presence, stability: stability,
                point: Point(x: point.x + Double(crop.x.lowerBound), y: point.y + Double(crop.y.lowerBound)),
                crop: crop.box, box: box)
        }
        return masks.compactMap(\.self)
    }

    /// Whether a box comes within 20 pixels of an edge of the crop that is not the picture's edge, so that
    /// the object probably continues outside.
    private static func isCut(_ box: InclusiveBox, by crop: SAM.Crop, of size: Size) -> Bool {
        let sides = [
            (box.left, crop.x.lowerBound, 0), (box.top, crop.y.lowerBound, 0),
            (box.right, crop.x.upperBound, size.width),
            (box.bottom, crop.y.upperBound, size.height),
        ]
        return sides.contains { side, edge, picture in abs(side - edge) <= 20 && abs(side - picture) > 20 }
    }

    /// Fills small holes and removes small parts; of masks whose boxes then overlap, those that were not
    /// changed win.
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
