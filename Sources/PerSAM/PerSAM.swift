public import SpanielImaging
import Tensor

/// Personalized SAM (Zhang et al. 2023, arXiv:2305.03048) finds an object in other pictures from one example.
///
/// The paper finds one object in every picture. This finds every instance, and none where there is none.
///
///     let persam = PerSAM(try SAM(contentsOf: Starters.samNano))
///     let boot = try Example(
///         Picture(contentsOf: Starters.boot), mask: Mask(contentsOf: Starters.bootMask), class: "boot")
///     let concept = try persam.learn([boot])
///     let shelf = try persam.encode(Picture(contentsOf: Starters.shelf))
///     for object in try persam.find(concept, in: shelf) { print(object.score, object.box) }
///     // 0.976… Box(x1: 436.0, y1: 81.0, x2: 612.0, y2: 221.0)
///     // 0.973… Box(x1: 50.0, y1: 87.0, x2: 202.0, y2: 211.0)
public struct PerSAM: Sendable {
    /// The model that segments what is found.
    public let sam: SAM
    /// The model whose features tell the object from others; nil: SAM's own.
    public let features: (any FeatureSource)?

    /// Uses a loaded SAM, of any size, and perhaps the features of another model.
    public init(_ sam: SAM, features: (any FeatureSource)? = nil) {
        self.sam = sam
        self.features = features
    }

    /// How `learn` learns a class.
    public struct LearnOptions: Sendable {
        /// Whether to fit the two weights that mix the decoder's three masks (PerSAM-F, section 3.3).
        ///
        /// Helps where the object's parts are easily taken for the whole. A model that does not offer three
        /// masks learns without the weights.
        public var fineTune: Bool
        /// Whether to learn for the arithmetic of the authors' code too, which
        /// `PerSAM.FindOptions.faithful` needs; it learns from the first example only.
        public var faithful: Bool

        /// Both options are off by default.
        public init(fineTune: Bool = false, faithful: Bool = false) {
            self.fineTune = fineTune
            self.faithful = faithful
        }
    }

    /// Encodes a picture, which is the slow part: do it once, then search for any number of concepts.
    ///
    ///     let shelf = try persam.encode(Picture(contentsOf: Starters.shelf))
    ///     print(shelf.frame.original) // Size(width: 640, height: 480)
    ///
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        try encode(picture, sam.encode(picture))
    }

    /// Adds the features to SAM's encoding of the same picture.
    package func encode(_ picture: Picture, _ masks: SAM.Encoding) throws -> Encoding {
        Encoding(masks: masks, features: try features?.features(of: picture))
    }

    /// Learns one class from its examples; each example's picture is encoded.
    ///
    ///     let concept = try persam.learn([boot])
    ///     print(concept.className, concept.threshold) // boot 0.65
    ///
    /// - Parameters:
    ///   - examples: all of one class. One is enough; more help where the class looks different from
    ///     different sides.
    ///   - negatives: examples of what the class must not be taken for.
    ///   - options: how to learn.
    /// - Throws: `ExampleError` where an example does not suit its picture or the examples are of several
    ///   classes; `PerSAMError` where SAM finds nothing at an example's point or in its box, or for the
    ///   authors' arithmetic with a SAM 2 or with features; `CancellationError`.
    public func learn(
        _ examples: [Example], negatives: [Example] = [], options: LearnOptions = LearnOptions()
    ) throws -> Concept {
        if options.faithful { try requireOriginalModel() }
        let className = try examples.commonClass()
        let references = try examples.map { try Reference($0, self) }
        let afar = try zip(examples, references).map { try $1.afar($0, self) }
        let others = try negatives.map { try Reference($0, self) }
        var concept = Concept(
            className: className, directions: references.map(\.direction),
            features: references.map(\.feature),
            negatives: others.map(\.direction), background: 0, inside: 0, prompting: .plain,
            threshold: Self.threshold,
            model: sam.identity, featureIdentity: features?.identity, target: references[0].target)
        // Each example is compared with the directions of all of them.
        let similarities = references.map { $0.similarities(to: concept.directions) }
        concept.background = max(0, similarities.compactMap(\.background).average ?? 0)
        concept.inside = similarities.map(\.inside).average ?? 1
        concept.prompting = bestPrompting(references[0], concept)
        if options.fineTune { concept.weights = fittedWeights(references[0], concept) }
        if !afar.allSatisfy({ $0 == nil }) {
            concept.afar = zip(afar, references).map { $0?.feature ?? $1.feature }
            let views = (references + afar.compactMap(\.self)).map { $0.similarities(to: concept.views) }
            concept.background = max(0, views.compactMap(\.background).average ?? 0)
            concept.inside = views.map(\.inside).average ?? 1
        }
        if options.faithful {
            let first = examples[0]
            let mask = try first.maskPicture ?? Self.painted(first.mask(sam))
            concept.original = try Original(sam).learn(first.picture, mask: mask, fineTune: options.fineTune)
        }
        return concept
    }

    /// Checks that the authors' code knows the model's generation and its features.
    package func requireOriginalModel() throws(PerSAMError) {
        if sam.configuration.maskDecoder.second != nil { throw .originalModel(model: sam.weights.modelName) }
        if let features { throw .originalFeatures(features: features.identity.model.name) }
    }

    /// The default threshold, measured on composed scenes with the model that ships: at 0.65 most pictures
    /// get the right count, and nearly nine in ten pictures without the object get none. Scores are relative
    /// to each example's background, so the value suits other models too.
    static let threshold: Float = 0.65

    /// Paints the mask white on black, for an example that came without a picture of its mask.
    private static func painted(_ mask: Mask) -> Picture {
        Picture(
            rgb: mask.bytes(inside: 255).flatMap { [$0, $0, $0] }, width: mask.width, height: mask.height)
    }
}

extension PerSAM {
    /// An example whose picture is encoded.
    struct Reference {
        let encoding: Encoding
        let cells: Cells
        let mask: Mask
        /// The mask in the example's whole picture.
        private let given: Mask
        /// The share of each cell that the object covers, 0…1, [hw].
        let coverage: [Float]
        /// The object's mean feature, [C].
        let feature: Tensor
        /// SAM's own mean feature of the object, [C], where `feature` is another model's.
        let target: Tensor?
        /// The feature at length one, [C].
        var direction: Tensor { feature.l2Normalized() }

        init(_ example: Example, _ persam: PerSAM) throws {
            let given = try example.mask(persam.sam)
            try self.init(example.closer(given, times: persam.surroundings), given: given, persam)
        }

        /// The example seen from further away; nil where it is so large in its picture that there is hardly
        /// more to see.
        func afar(_ example: Example, _ persam: PerSAM) throws -> Reference? {
            let part = example.closer(given, times: PerSAM.afar)
            let (near, size) = (encoding.frame.original, part.picture.size)
            return max(size.width, size.height) < 2 * max(near.width, near.height)
                ? nil : try Reference(part, given: given, persam)
        }

        private init(_ part: (picture: Picture, mask: Mask), given: Mask, _ persam: PerSAM) throws {
            let (picture, mask) = part
            self.mask = mask
            self.given = given
            encoding = try persam.encode(picture)
            cells = Cells(encoding)
            coverage = cells.coverage(of: mask)
            feature = cells.mean(weighing: coverage)
            target = encoding.features.map { [masks = encoding.masks] _ in
                let own = Cells(masks)
                return own.mean(weighing: own.coverage(of: mask))
            }
        }

        /// Measures how similar the example's own cells are to what was learnt: the mean over the cells
        /// beside the object, nil if there are none, and the median over the cells on it.
        func similarities(to directions: [Tensor]) -> (background: Float?, inside: Float) {
            let similarity = cells.similarity(to: directions)
            let full = min(0.5, coverage.max() ?? 0)
            let on = similarity.indices.filter { coverage[$0] >= full && coverage[$0] > 0 }.map {
                similarity[$0]
            }
            let beside = similarity.indices.filter {
                cells.presence[$0] > 0.5 && coverage[$0] < 0.05 * cells.presence[$0]
            }.map {
                similarity[$0]
            }
            return (beside.average, on.median ?? 1)
        }

        /// Returns the most similar cell on the object.
        func seed(_ concept: Concept) -> Int {
            let similarity = cells.similarity(to: concept.directions)
            let least = 0.3 * (coverage.max() ?? 0)
            let on = similarity.indices.filter { coverage[$0] > least }
            return on.max { similarity[$0] < similarity[$1] } ?? 0
        }
    }

    /// Tries each way of prompting on the example and returns the one whose mask overlaps the example's most;
    /// a longer prompt must win by an IoU of 0.02.
    private func bestPrompting(_ reference: Reference, _ concept: Concept) -> Concept.Prompting {
        var best: (prompting: Concept.Prompting, overlap: Double)?
        for prompting in Concept.Prompting.allCases {
            var trial = concept
            trial.prompting = prompting
            let scene = Scene(reference.encoding, reference.cells, trial, sam)
            let overlap = scene.segment(seeds: [reference.seed(trial)])?.mask(scene).iou(reference.mask) ?? 0
            if best.map({ overlap > $0.overlap + 0.02 }) ?? true { best = (prompting, overlap) }
        }
        return best?.prompting ?? .plain
    }

    /// Fits PerSAM-F's weights (section 3.3) at low resolution, which takes milliseconds for a picture of any
    /// size; returns nil for a model that does not offer three masks.
    private func fittedWeights(_ reference: Reference, _ concept: Concept) -> MaskWeights? {
        let scene = Scene(reference.encoding, reference.cells, concept, sam)
        let prompt = SAM.Prompt(points: [
            .init(reference.cells.middle(of: reference.seed(concept)), isObject: true)
        ])
        let (logits, _, _) = sam.decode(prompts: [prompt], in: reference.encoding.masks, multimask: true)
        guard logits.shape[1] == 3 else { return nil }
        let truth = scene.lowResolution(reference.mask)
        let inside = truth.indices.filter { scene.isInside[$0] }
        let maps = (0..<3).map { m in
            let values = logits[leading: 0][leading: m].array
            return inside.map { values[$0] }
        }
        return MaskWeights(fitting: maps, to: inside.map { truth[$0] })
    }
}

extension Array where Element == Float {
    /// The mean, or nil of no numbers.
    var average: Float? { isEmpty ? nil : reduce(0, +) / Float(count) }

    /// The median, or nil of no numbers.
    var median: Float? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    }
}
