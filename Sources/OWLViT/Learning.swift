public import SpanielImaging
import Tensor

extension OWLViT {
    /// How examples are learnt.
    public struct LearnOptions: Sendable {
        /// nil: where there are texts too, the patch they fit best; else `objectness` for OWLv2, as its
        /// authors advise, and `published` for OWL-ViT.
        public var selection: Selection?
        public var preparation: Preparation

        public init(selection: Selection? = nil, preparation: Preparation = .hf) {
            self.selection = selection
            self.preparation = preparation
        }
    }

    /// A class that is described in words.
    /// - Parameter texts: at least one; an object fits as well as it fits the best of them.
    /// - Throws: `OWLViTError.nothingToLearn` without a text.
    public func concept(_ className: String, texts: [Text]) throws(OWLViTError) -> Concept {
        guard !texts.isEmpty else { throw OWLViTError.nothingToLearn }
        return Concept(className: className, texts: texts, model: identity)
    }

    /// Learns one class from examples, and texts where there are any.
    /// - Parameters:
    ///   - examples: of one class, drawn as boxes, masks, polygons or points; several where its views differ.
    ///   - texts: words for the same class.
    ///   - negatives: what it must not be taken for.
    /// - Throws: `ExampleError` where an example's region does not suit its picture, `OWLViTError` where the model
    ///   sees nothing there; `CancellationError`.
    public func learn(
        _ examples: [Example], texts: [Text] = [], negatives: [Example] = [],
        options: LearnOptions = LearnOptions()
    ) throws -> Concept {
        let className = try examples.commonClass()
        return concept(
            className, try look(at: examples, texts, options), texts: texts,
            negatives: Examples(try look(at: negatives, [], options)), selection: options.selection)
    }

    /// An example as the model saw it, with what the other examples of its class are compared with.
    package typealias Seen = (view: View, region: Box, exemplar: Exemplar)

    /// A class from examples that were looked at.
    package func concept(
        _ className: String, _ seen: [Seen], texts: [Text], negatives: Examples, selection: Selection?
    ) -> Concept {
        var concept = Concept(
            className: className, texts: texts, examples: Examples(seen), negatives: negatives,
            model: identity)
        if selection == .published {
            concept.scoring = .sigmoid
            // What transformers' documentation takes for each version.
            concept.threshold = version == .v1 ? Scale.sigmoidThreshold : 0.9
        }
        return concept
    }

    /// Looks at an example in a picture that is encoded already.
    package func look(
        at region: Example.Region, in encoding: Encoding, _ texts: [Text], _ options: LearnOptions
    ) throws -> Seen {
        if options.selection == .objectness && version == .v1 {
            throw OWLViTError.noObjectness(model: weights.modelName)
        }
        let box = try region.box(in: encoding.size)
        let view = encoding.views[0]
        return (view, box, try exemplar(of: box, in: view, texts, options.selection))
    }

    private func look(at examples: [Example], _ texts: [Text], _ options: LearnOptions) throws -> [Seen] {
        if options.selection == .objectness && version == .v1 {
            throw OWLViTError.noObjectness(model: weights.modelName)
        }
        // Examples in one picture share its encoding.
        var encodings: [(picture: Picture, view: View)] = []
        var seen: [Seen] = []
        for example in examples {
            let region = try example.region.box(in: example.picture.size)
            let view: View
            if let known = encodings.first(where: { $0.picture == example.picture }) {
                view = known.view
            } else {
                view = try encode(example.picture, preparation: options.preparation).views[0]
                encodings.append((example.picture, view))
            }
            seen.append((view, region, try exemplar(of: region, in: view, texts, options.selection)))
        }
        return seen
    }

    /// The patch that stands for an example.
    /// - Parameter region: a box in the view's picture, or all of it; of a point, without extent.
    package func exemplar(of region: Box, in view: View, _ texts: [Text] = [], _ selection: Selection? = nil)
        throws -> Exemplar
    {
        let isWhole = region == view.frame.part
        let candidates: [View.Choice]
        if selection == .published && isWhole {
            let patch = wholePicturePatch(view)
            candidates = [View.Choice(patch: patch, overlap: view.boxes[patch].iou(region))]
        } else if version == .v2 && isWhole && selection != .iou {
            // No box was drawn, and most of the picture may be background: any object may be meant.
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
    /// Examples and what their logits mean.
    ///
    ///     midpoint = max(0, mean over the examples of (beside + own) / 2)
    ///
    /// `own` is the logit of the example's patch with itself; `beside` the 95th of a hundred logits of the
    /// patches whose boxes have nothing to do with it: the other things in its picture, which are what an
    /// object must be told from, are among the highest.
    package init(_ seen: [OWLViT.Seen]) {
        self.init(exemplars: seen.map(\.exemplar), midpoint: 0)
        guard !seen.isEmpty else { return }
        let queries = Tensor.stack(exemplars.map(\.embedding))
        let levels = seen.indices.map { i in
            let (view, region, exemplar) = seen[i]
            let logits = view.patches.logits(queries)
            let highest = (0..<view.patches.count).map { logits[leading: $0].maximum() }
            let inPicture = highest.indices.filter { view.frame.part.contains(view.boxes[$0].center) }
            let beside = inPicture.filter {
                view.boxes[$0].iou(region) < 0.1 && !region.contains(view.boxes[$0].center)
                    && !view.boxes[$0].contains(region.center)
            }
            // Where the object fills the picture, what is least like it stands for what is beside it.
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
    func contains(_ point: Point) -> Bool { point.x >= x1 && point.x <= x2 && point.y >= y1 && point.y <= y2 }
}

extension [Float] {
    /// The value that a part of the others are below; NaN counts as high. Of none, 0.
    func quantile(_ part: Double) -> Float {
        let sorted = sorted { $0 < $1 || ($1.isNaN && !$0.isNaN) }
        return sorted.isEmpty ? 0 : sorted[Int((Double(sorted.count - 1) * part).rounded())]
    }
}
