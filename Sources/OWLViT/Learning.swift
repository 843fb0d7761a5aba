public import SpanielImaging
import Tensor

extension OWLViT {
    /// How `learn` learns a class.
    public struct LearnOptions: Sendable {
        /// Which patch represents an example.
        ///
        /// nil, the default, takes the patch that the texts fit best if there are texts. Without texts it
        /// takes `objectness` for OWLv2, as its authors advise, and the patch least like the mean for
        /// OWL-ViT.
        public var selection: Selection?
        /// How the examples' pictures become squares; use the same for the pictures to search.
        public var preparation: Preparation

        /// The defaults suit nearly every model.
        public init(selection: Selection? = nil, preparation: Preparation = .hf) {
            self.selection = selection
            self.preparation = preparation
        }
    }

    /// Makes a class from embedded texts.
    /// - Parameters:
    ///   - className: the name of the class in detections.
    ///   - texts: at least one text; an object's score is that of the best.
    /// - Throws: `OWLViTError.nothingToLearn` without a text.
    public func concept(_ className: String, texts: [Text]) throws(OWLViTError) -> Concept {
        guard !texts.isEmpty else { throw OWLViTError.nothingToLearn }
        return Concept(className: className, texts: texts, model: identity)
    }

    /// Learns one class from its examples, and from texts if there are any; each picture is encoded once.
    ///
    ///     let example = try Example(
    ///         Picture(contentsOf: Starters.boot), mask: Mask(contentsOf: Starters.bootMask), class: "boot")
    ///     let found = try owl.detect(owl.learn([example]), in: shelf)
    ///     print(found.map(\.score)) // [0.865…, 0.765…]
    ///
    /// - Parameters:
    ///   - examples: all of one class, marked with boxes, masks, polygons or points. One is enough; more help
    ///     where the class looks different from different sides.
    ///   - texts: texts for the same class, from `embed(_:)`.
    ///   - negatives: examples of what the class must not be taken for.
    ///   - options: how to learn.
    /// - Throws: `ExampleError` where an example does not suit its picture or the examples are of several
    ///   classes; `OWLViTError` where the model sees no object in an example; `CancellationError`.
    public func learn(
        _ examples: [Example], texts: [Text] = [], negatives: [Example] = [],
        options: LearnOptions = LearnOptions()
    ) throws -> Concept {
        let className = try examples.commonClass()
        return concept(
            className, try observe(examples, texts, options), texts: texts,
            negatives: Examples(try observe(negatives, [], options)), selection: options.selection)
    }

    /// A learnt example with the encoded picture and the region that it is from; calibration needs both.
    package typealias ObservedExample = (view: View, region: Box, exemplar: Exemplar)

    /// Makes a class from learnt examples.
    package func concept(
        _ className: String, _ observed: [ObservedExample], texts: [Text], negatives: Examples,
        selection: Selection?
    ) -> Concept {
        var concept = Concept(
            className: className, texts: texts, examples: Examples(observed), negatives: negatives,
            model: identity)
        if selection == .published {
            concept.scoring = .sigmoid
            // These are the thresholds in transformers' documentation of each version.
            concept.threshold = version == .v1 ? Scale.sigmoidThreshold : 0.9
        }
        return concept
    }

    /// Learns an example in a picture that is encoded already.
    package func observe(
        _ region: Example.Region, in encoding: Encoding, _ texts: [Text], _ options: LearnOptions
    ) throws -> ObservedExample {
        if options.selection == .objectness && version == .v1 {
            throw OWLViTError.noObjectness(model: weights.modelName)
        }
        let box = try region.box(in: encoding.size)
        let view = encoding.views[0]
        return (view, box, try exemplar(of: box, in: view, texts, options.selection))
    }

    private func observe(_ examples: [Example], _ texts: [Text], _ options: LearnOptions) throws
        -> [ObservedExample]
    {
        if options.selection == .objectness && version == .v1 {
            throw OWLViTError.noObjectness(model: weights.modelName)
        }
        // Examples in one picture share its encoding.
        var encodings: [(picture: Picture, view: View)] = []
        var observed: [ObservedExample] = []
        for example in examples {
            let region = try example.region.box(in: example.picture.size)
            let view: View
            if let known = encodings.first(where: { $0.picture == example.picture }) {
                view = known.view
            } else {
                view = try encode(example.picture, preparation: options.preparation).views[0]
                encodings.append((example.picture, view))
            }
            observed.append((view, region, try exemplar(of: region, in: view, texts, options.selection)))
        }
        return observed
    }

    /// Selects the patch that represents an example.
    /// - Parameter region: a box in the view's picture, or all of it; a point is a box without extent.
    package func exemplar(of region: Box, in view: View, _ texts: [Text] = [], _ selection: Selection? = nil)
        throws -> Exemplar
    {
        let isWhole = region == view.frame.part
        let candidates: [View.Choice]
        if selection == .published && isWhole {
            let patch = wholePicturePatch(view)
            candidates = [View.Choice(patch: patch, overlap: view.boxes[patch].iou(region))]
        } else if version == .v2 && isWhole && selection != .iou {
            // No box was drawn, and most of the picture may be background, so that any object may be meant.
            candidates = view.boxes.indices.filter { region.contains(view.boxes[$0].center) }.map {
                View.Choice(patch: $0, overlap: view.boxes[$0].iou(region))
            }
        } else {
            candidates = region.area > 0 ? view.candidates(for: region) : view.candidates(at: region.center)
        }
        let choice: View.Choice?
        switch selection {
        case .iou:
            choice = candidates.max { $0.overlap < $1.overlap }
            if region.area > 0, let choice, choice.overlap < View.leastOverlap {
                throw OWLViTError.exampleUnseen(region, overlap: choice.overlap, least: View.leastOverlap)
            }
        case nil where !texts.isEmpty:
            let logits = view.patches.logits(Tensor.stack(texts.map(\.embedding)))
            choice = view.best(of: candidates) { logits[leading: $0].maximum() }
        case .objectness, nil:
            if let objectness = view.patches.objectness {
                choice = view.best(of: candidates) { objectness[$0] }
            } else {
                choice = view.leastLikeTheMean(candidates)
            }
        case .published:
            choice = view.leastLikeTheMean(candidates)
        }
        guard let choice else { throw OWLViTError.notFinite }
        return Exemplar(
            embedding: view.patches.direction(choice.patch), box: view.boxes[choice.patch],
            overlap: choice.overlap)
    }
}

extension OWLViT.Examples {
    /// Calibrates examples of one class on their own pictures.
    ///
    ///     midpoint = max(0, mean over the examples of (beside + own) / 2)
    ///
    /// `own` is the logit of the example's patch with itself. `beside` is the 95th percentile of the logits
    /// of patches that do not overlap the example: the picture's other objects, which a threshold must
    /// reject, score near the top.
    package init(_ observed: [OWLViT.ObservedExample]) {
        self.init(exemplars: observed.map(\.exemplar), midpoint: 0)
        guard !observed.isEmpty else { return }
        let queries = Tensor.stack(exemplars.map(\.embedding))
        let levels = observed.indices.map { i in
            let (view, region, exemplar) = observed[i]
            let logits = view.patches.logits(queries)
            let highest = (0..<view.patches.count).map { logits[leading: $0].maximum() }
            let inPicture = highest.indices.filter { view.frame.part.contains(view.boxes[$0].center) }
            let beside = inPicture.filter {
                view.boxes[$0].iou(region) < 0.1 && !region.contains(view.boxes[$0].center)
                    && !view.boxes[$0].contains(region.center)
            }
            // If the object fills the picture, the 25th percentile of all patches replaces `beside`.
            let level =
                beside.count >= 8
                ? beside.map { highest[$0] }.quantile(0.95)
                : (inPicture.isEmpty ? highest : inPicture.map { highest[$0] }).quantile(0.25)
            let own = view.patches.similarities(
                to: exemplar.embedding.reshaped([1, exemplar.embedding.count])
            ).argmax()
            return (level + logits[own, i]) / 2
        }
        midpoint = max(0, levels.reduce(0, +) / Float(levels.count))
    }
}

extension Box {
    /// Whether a point lies in the box, its edges included.
    func contains(_ point: Point) -> Bool { point.x >= x1 && point.x <= x2 && point.y >= y1 && point.y <= y2 }
}

extension [Float] {
    /// The value at a percentile, given as a share 0…1; NaN counts as the highest. Of no values it is 0.
    func quantile(_ part: Double) -> Float {
        let sorted = sorted { $0 < $1 || ($1.isNaN && !$0.isNaN) }
        return sorted.isEmpty ? 0 : sorted[Int((Double(sorted.count - 1) * part).rounded())]
    }
}
