public import SpanielImaging
package import Tensor

extension CLIPSeg {
    /// The options for learning a class from examples.
    public struct LearnOptions: Sendable {
        /// Whether each example is also encoded turned by 90°, 180° and 270°, for things that lie any way
        /// round; this takes four times as long. Default: false.
        public var rotations: Bool
        /// Whether the class gets the threshold with which the masks of its own examples come out best;
        /// otherwise it uses that of the search. Default: false.
        public var fitsThreshold: Bool

        /// Options with their defaults.
        public init(rotations: Bool = false, fitsThreshold: Bool = false) {
            (self.rotations, self.fitsThreshold) = (rotations, fitsThreshold)
        }
    }

    /// Makes one prompt of examples, their mean (CLIPSeg, section 4.3).
    /// - Parameters:
    ///   - examples: pictures of one class, each with a mask, a polygon or a box; a mask of the whole picture
    ///     leaves the picture unchanged.
    ///   - rotations: whether each example is also encoded turned by 90°, 180° and 270°.
    /// - Throws: `ExampleError` for no example, several classes, or a region that does not suit its picture;
    ///   `CLIPSegError` for a point or too small an object; `CancellationError`.
    public func learn(_ examples: [Example], rotations: Bool = false) throws -> Conditional {
        _ = try examples.commonClass()
        return try Conditional.mean(examples.map { try prompt($0, rotations: rotations) })
    }

    /// Learns a class from its examples.
    ///
    ///     let example = Example(picture, mask: mask, class: "boot")
    ///     let boot = try clipseg.learn([example], options: .init(fitsThreshold: true))
    ///     print(boot.className, boot.conditionals.count)  // boot 1
    ///
    /// - Throws: the errors of the other `learn`.
    public func learn(_ examples: [Example], options: LearnOptions) throws -> Concept {
        let className = try examples.commonClass()
        let prompts = try examples.map { try prompt($0, rotations: options.rotations) }
        var concept = try concept(className, [Conditional.mean(prompts)])
        if options.fitsThreshold { concept.threshold = try fittedThreshold(examples, prompts) }
        return concept
    }

    /// Makes a prompt of one example: prepares it, then runs CLIP's whole image encoder.
    private func prompt(_ example: Example, rotations: Bool) throws -> Conditional {
        let support = try support(example)
        return try Conditional.mean((0..<(rotations ? 4 : 1)).map { try prompt(pixels: support.rotated($0)) })
    }

    /// An example prepared for the image encoder.
    package func support(_ example: Example) throws -> Support {
        let mask = try marked(example).resizedNearest(to: preprocessing.output)
        if mask.isEmpty { throw CLIPSegError.maskTooSmall }
        return Support(preprocessing(example.picture)[leading: 0], mask: mask)
    }

    /// The pixels of the object; a box counts as a mask of all pixels in it.
    private func marked(_ example: Example) throws -> Mask {
        guard let mask = try example.region.mask(in: example.picture.size) else {
            throw CLIPSegError.pointExample
        }
        return mask
    }

    /// Runs CLIP's image encoder and its projection.
    /// - Parameter pixels: normalised, [S, S, 3].
    package func prompt(pixels: Tensor) throws -> Conditional {
        let tokens = try imageEncoder(pixels.reshaped(Tensor.Shape([1] + pixels.shape.extents)))
        return Conditional(embedding: pictureProjection(imageEncoder.pooled(tokens))[leading: 0])
    }

    /// The threshold at which the masks found in the examples overlap most with those drawn.
    ///
    /// With several examples, each is searched with what the others taught, since a search with the example
    /// itself finds it too well.
    private func fittedThreshold(_ examples: [Example], _ prompts: [Conditional]) throws -> Float {
        let candidates = (1...19).map { Float($0) / 20 }
        var overlaps = [Double](repeating: 0, count: candidates.count)
        for (i, example) in examples.enumerated() {
            let others = prompts.count == 1 ? prompts : prompts.indices.filter { $0 != i }.map { prompts[$0] }
            let scores = try logits(for: [Conditional.mean(others)], in: encode(example.picture))[leading: 0]
                .sigmoid()
            let truth = try marked(example).resizedNearest(
                to: Size(width: scores.shape[1], height: scores.shape[0]))
            for (c, threshold) in candidates.enumerated() {
                overlaps[c] += Mask(
                    width: truth.width, height: truth.height, above: threshold, values: scores.array
                ).iou(truth)
            }
        }
        // Of equal thresholds the middle one is taken, the farthest from where it gets worse.
        let best = overlaps.indices.filter { overlaps[$0] == overlaps.max() }
        return candidates[best[best.count / 2]]
    }
}
